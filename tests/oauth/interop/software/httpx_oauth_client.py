"""httpx-oauth's OpenID client (see programs.conversation)."""

import asyncio
import base64
import hashlib
import json
import os
import secrets
from urllib.parse import parse_qs, urlsplit

from httpx_oauth.clients.openid import OpenID


async def main() -> None:
    client = OpenID(
        os.environ["CLIENT_ID"],
        os.environ["CLIENT_SECRET"],
        f"{os.environ['ISSUER']}/.well-known/openid-configuration",
        base_scopes=["openid", "email", "offline_access"],
    )
    redirect_uri, state, verifier = (
        os.environ["REDIRECT_URI"],
        secrets.token_urlsafe(),
        secrets.token_urlsafe(48),
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    print(
        await client.get_authorization_url(
            redirect_uri, state, code_challenge=challenge, code_challenge_method="S256"
        ),
        flush=True,
    )
    answer = parse_qs(urlsplit(input()).query)
    assert answer["state"] == [state]

    token = await client.get_access_token(answer["code"][0], redirect_uri, verifier)
    assert not token.is_expired()
    account, email = await client.get_id_email(token["access_token"])
    refreshed = await client.refresh_token(token["refresh_token"])
    profile = await client.get_profile(refreshed["access_token"])
    await client.revoke_token(refreshed["refresh_token"], "refresh_token")
    print(
        json.dumps(
            {
                "account": account,
                "email": email,
                "profile": profile,
                "rotated": token["refresh_token"] != refreshed["refresh_token"],
                "access_token": refreshed["access_token"],
            }
        )
    )


asyncio.run(main())
