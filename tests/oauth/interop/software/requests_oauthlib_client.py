"""requests-oauthlib's web application flow with PKCE and automatic refresh (see programs.conversation)."""

import json
import os
from typing import Any

import requests
from requests_oauthlib import OAuth2Session

client = {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["CLIENT_SECRET"]}
metadata = requests.get(f"{os.environ['ISSUER']}/.well-known/openid-configuration", timeout=30).json()
saved: list[dict[str, Any]] = []

session = OAuth2Session(
    client["client_id"],
    scope=["openid", "profile", "email", "offline_access"],
    redirect_uri=os.environ["REDIRECT_URI"],
    auto_refresh_url=metadata["token_endpoint"],
    auto_refresh_kwargs=client,
    token_updater=saved.append,
    pkce="S256",
)
url, _state = session.authorization_url(metadata["authorization_endpoint"])
print(url, flush=True)
token = session.fetch_token(
    metadata["token_endpoint"], authorization_response=input(), client_secret=client["client_secret"]
)
userinfo = session.get(metadata["userinfo_endpoint"]).json()

session.token = token | {"expires_at": 1}  # an hour has passed: the library refreshes by itself
later = session.get(metadata["userinfo_endpoint"]).json()
print(
    json.dumps(
        {
            "userinfo": userinfo,
            "later": later,
            "rotated": saved[0]["refresh_token"] != token["refresh_token"],
            "access_token": saved[0]["access_token"],
        }
    )
)
