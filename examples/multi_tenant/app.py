"""An application for every tenant of a region: it knows the region, and learns from each answer which tenant it is.

The people of any tenant sign in with the same client ID. The application sends them to the region, which asks for
their organisation's hostname; `iss` in the answer says which tenant answered (RFC 9207). See the README beside this
directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "demonstration"))  # two small modules are shared

from authlib.integrations.flask_client import OAuthError
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask, redirect, render_template, request, session
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from local_names import BackChannel
from memory_sessions import MemorySessions
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

SCOPES = "openid profile email offline_access apps:read"


class Refused(Exception):
    """The sign-in cannot be trusted, or was refused: a sentence for the person."""


@dataclass(frozen=True)
class Region:
    """Everything the application was told: one address and its own credentials."""

    address: str
    client_id: str
    client_secret: str
    base_url: str

    @classmethod
    def from_environment(cls) -> Region:
        missing = [name for name in ("REGION", "CLIENT_ID", "CLIENT_SECRET") if not os.environ.get(name)]
        if missing:
            sys.exit(f"Set {' and '.join(missing)} in the environment. examples/README.md says how.")
        base_url = os.environ.get("BASE_URL") or f"http://localhost:{os.environ.get('PORT') or 8200}"
        return cls(os.environ["REGION"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], base_url)

    @property
    def callback(self) -> str:
        return f"{self.base_url}/callback"

    def channel(self) -> BackChannel:
        return BackChannel(
            self.client_id, self.client_secret, token_endpoint_auth_method="client_secret_basic"
        )

    def metadata(self) -> dict[str, Any]:
        """The region's own document (RFC 8414): where people go, and where codes are exchanged."""
        return fetch(self, f"{self.address}/.well-known/oauth-authorization-server")


def create_app(region: Region) -> Flask:
    app = Flask(__name__)
    app.session_interface = MemorySessions(secure=region.base_url.startswith("https://"))

    @app.get("/")
    def start() -> str:
        return render_template("start.html", person=session.get("person"), region=region.address)

    @app.get("/sign-in")
    def sign_in() -> Response:
        session["asked"] = asked = {
            name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")
        }
        with region.channel() as channel:
            address, _state = channel.create_authorization_url(
                region.metadata()["authorization_endpoint"],
                redirect_uri=region.callback,
                scope=SCOPES,
                state=asked["state"],
                nonce=asked["nonce"],
                code_challenge=create_s256_code_challenge(asked["verifier"]),
                code_challenge_method="S256",
            )
        return redirect(address)

    @app.get("/callback")
    def callback() -> Response:
        asked = session.pop("asked", None)
        if asked is None or not secrets.compare_digest(request.args.get("state", ""), asked["state"]):
            raise Refused("This answer does not belong to a sign-in that began in this browser.")
        if "error" in request.args:
            raise Refused(request.args.get("error_description") or request.args["error"])
        session.renew()  # type: ignore[attr-defined]
        session["person"] = finish(region, asked)
        return redirect("/", 303)

    @app.post("/refresh")
    def refresh() -> Response:
        person = session.pop("person", None)  # gone, unless the tenant still lets this application in
        if person is None:
            raise Refused("Sign in first.")
        session["person"] = refreshed(region, person)
        return redirect("/", 303)

    @app.post("/sign-out")
    def sign_out() -> Response:
        session.clear()
        return redirect("/", 303)

    @app.errorhandler(Refused)
    def refused(reason: Refused) -> tuple[str, int]:
        return render_template("start.html", refused=str(reason), region=region.address), 400

    return app


def finish(region: Region, asked: dict[str, str]) -> dict[str, Any]:
    """Exchanges the code at the region, and finds out which tenant it came from.

    The ID token comes straight from the region's endpoint, so its `iss` can be believed enough to fetch that tenant's
    keys. It must be the `iss` of the answer: otherwise somebody mixes up two servers (RFC 9207 §2.4).
    """
    try:
        with region.channel() as channel:
            token = channel.fetch_token(
                region.metadata()["token_endpoint"],
                code=request.args.get("code", ""),
                redirect_uri=region.callback,
                code_verifier=asked["verifier"],
            )
        issuer = named_issuer(token["id_token"])
    except OAuthError as refusal:
        raise Refused(refusal.description or str(refusal.error)) from refusal
    if issuer != request.args.get("iss"):
        raise Refused("The answer names another tenant than its tokens.")
    tenant = fetch(region, f"{issuer}/.well-known/openid-configuration")
    if tenant.get("issuer") != issuer:
        raise Refused("The tenant's own document names another issuer.")
    claims = verified(region, tenant, token["id_token"], asked["nonce"])
    # An account of this application is a pair: `sub` means nothing without its issuer.
    return with_tokens(region, {"issuer": issuer, "claims": claims}, token)


def with_tokens(region: Region, person: dict[str, Any], token: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a person: who they are, the refresh token, and what the tenant allows now.

    A tenant may allow less than was asked for, and less than it did the last time: only the answer's `scope` says.
    """
    return person | {
        "refresh_token": token.get("refresh_token"),
        "scope": token.get("scope", ""),
        "me": me(region, person["issuer"], token),
    }


def refreshed(region: Region, person: dict[str, Any]) -> dict[str, Any]:
    """The person with new tokens. The region finds the tenant from the refresh token, which works this once."""
    try:
        with region.channel() as channel:
            token = channel.refresh_token(
                region.metadata()["token_endpoint"], refresh_token=person["refresh_token"]
            )
    except OAuthError as refusal:
        raise Refused(refusal.description or str(refusal.error)) from refusal
    return with_tokens(region, person, token)


def verified(region: Region, tenant: dict[str, Any], id_token: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that the tenant signed for this client and this sign-in."""
    keys = KeySet.import_key_set(fetch(region, tenant["jwks_uri"]))  # type: ignore[arg-type]
    rules = JWTClaimsRegistry(
        iss={"essential": True, "value": tenant["issuer"]},
        aud={"essential": True, "value": region.client_id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
    )
    try:
        decoded = jwt.decode(id_token, keys, algorithms=tenant["id_token_signing_alg_values_supported"])
        rules.validate(decoded.claims)
    except (JoseError, ValueError) as problem:
        raise Refused("The ID token cannot be trusted.") from problem
    return dict(decoded.claims)


def named_issuer(id_token: str) -> str:
    """The `iss` of an ID token before its signature is checked: only to find the keys that check it."""
    try:
        return str(json.loads(jws.extract_compact(id_token.encode()).payload)["iss"])
    except (JoseError, ValueError, KeyError) as problem:
        raise Refused("There is no readable ID token.") from problem


def me(region: Region, issuer: str, token: dict[str, Any]) -> dict[str, Any]:
    """The tenant's API, with the access token."""
    with region.channel() as channel:
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return dict(
            channel.request("GET", f"{issuer}/api/v1/users/me", withhold_token=True, headers=headers).json()
        )


def fetch(region: Region, address: str) -> dict[str, Any]:
    with region.channel() as channel:
        answer = channel.request("GET", address, withhold_token=True)
        answer.raise_for_status()
        return dict(answer.json())


if __name__ == "__main__":
    port = int(os.environ.get("PORT") or 8200)
    server = make_server("127.0.0.1", port, create_app(Region.from_environment()), threaded=True)
    print(f"Multi-tenant application: http://localhost:{port}/", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
