"""Access tokens of one authorization server (RFC 9068), checked here with its public keys."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
import jwt
from mcp.server.auth.provider import AccessToken

ALGORITHMS = ["ES256", "RS256"]
TYPES = {
    "at+jwt",
    "application/at+jwt",
}  # RFC 9068 section 4; an ID token of the same server has another type
LEEWAY_SECONDS = 10  # two machines' clocks


class Verifier:
    """The SDK's TokenVerifier: says whose a token is, or None if it is not a token for this server."""

    def __init__(self, issuer: str, audience: str, connect_to: str = "") -> None:
        self.issuer = issuer
        self.audience = audience
        self.connect_to = connect_to
        self._keys: Keys | None = None

    async def verify_token(self, token: str) -> AccessToken | None:
        # In a thread, because it may fetch keys: other requests go on meanwhile.
        return await anyio.to_thread.run_sync(self.read, token)

    def read(self, token: str) -> AccessToken | None:
        """The token if it is valid: signature, `iss`, `aud` and `exp` (RFC 9068 section 4)."""
        try:
            if jwt.get_unverified_header(token).get("typ", "").lower() not in TYPES:
                return None
            claims = jwt.decode(
                token,
                self.keys().get_signing_key_from_jwt(token),
                algorithms=ALGORITHMS,
                issuer=self.issuer,
                audience=self.audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "sub", "client_id"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise  # the authorization server does not answer: that says nothing about the token
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            scopes=claims.get("scope", "").split(),
            expires_at=claims["exp"],
            resource=self.audience,
            subject=claims["sub"],
            claims=claims,
        )

    def keys(self) -> Keys:
        """Where the keys are is in the authorization server's metadata (RFC 8414), read once."""
        if self._keys is None:
            metadata = fetch(f"{self.issuer}/.well-known/oauth-authorization-server", self.connect_to)
            if metadata.get("issuer") != self.issuer:  # RFC 8414 section 3.3
                raise RuntimeError(f"The metadata of {self.issuer} is that of {metadata.get('issuer')!r}.")
            self._keys = Keys(metadata["jwks_uri"], self.connect_to)
        return self._keys


class Keys(jwt.PyJWKClient):
    """PyJWT keeps the keys for five minutes, and looks again for a key that it has not seen."""

    def __init__(self, address: str, connect_to: str) -> None:
        super().__init__(address)
        self.connect_to = connect_to

    def fetch_data(self) -> dict[str, Any]:
        try:
            return fetch(self.uri, self.connect_to)
        except (httpx2.HTTPError, ValueError) as problem:
            raise jwt.PyJWKClientConnectionError(str(problem)) from problem


def fetch(address: str, connect_to: str = "") -> dict[str, Any]:
    """A JSON document. Names that end in `.localhost` are this machine (RFC 6761 section 6.3).

    Browsers know that; Python asks the system's resolver, which on a plain Linux machine does not. The Host header
    still says the name, because the server finds the tenant by it.
    """
    asked = urlsplit(address)
    local = (asked.hostname or "").endswith(".localhost")
    if local:
        address = asked._replace(netloc=connect_to or f"127.0.0.1:{asked.port or 80}").geturl()
    # No proxy knows this machine's names.
    with httpx2.Client(trust_env=not local, timeout=10) as client:
        answer = client.get(address, headers={"Host": asked.netloc})
    answer.raise_for_status()
    return dict(answer.json())
