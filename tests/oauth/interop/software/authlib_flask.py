"""A Flask application with Authlib's Flask client, as its documentation begins."""

import os
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, url_for

kept: dict[str, Any] = {}  # what a real application would keep in its database

app = Flask(__name__)
app.secret_key = "of this test"
app.config.update(
    QLIKAUTH_CLIENT_ID=os.environ["CLIENT_ID"], QLIKAUTH_CLIENT_SECRET=os.environ["CLIENT_SECRET"]
)


def update_token(
    name: str, token: dict[str, Any], refresh_token: str | None = None, access_token: str | None = None
) -> None:
    kept["token"] = dict(token)


oauth = OAuth(app, update_token=update_token)
oauth.register(
    name="qlikauth",
    server_metadata_url=f"{os.environ['ISSUER']}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email offline_access", "code_challenge_method": "S256"},
)


@app.route("/login")
def login():
    return oauth.qlikauth.authorize_redirect(url_for("auth", _external=True))


@app.route("/auth")
def auth():
    kept["token"] = oauth.qlikauth.authorize_access_token()
    kept["user"] = kept["token"].pop("userinfo")
    return redirect("/")


@app.route("/")
def home():
    return {
        "user": kept.get("user"),
        "userinfo": oauth.qlikauth.userinfo(token=kept["token"]) if kept else None,
        "refresh_token": kept["token"]["refresh_token"] if kept else None,
    }


@app.route("/later")
def later():
    """What the library does by itself when the access token has expired."""
    kept["token"]["expires_at"] = 1
    endpoint = oauth.qlikauth.load_server_metadata()["userinfo_endpoint"]
    answer = oauth.qlikauth.get(endpoint, token=kept["token"])
    answer.raise_for_status()
    return redirect("/")


@app.route("/logout")
def logout():
    hint = kept["token"]["id_token"]
    kept.clear()
    query = {"id_token_hint": hint, "post_logout_redirect_uri": url_for("home", _external=True)}
    return redirect(f"{oauth.qlikauth.load_server_metadata()['end_session_endpoint']}?{urlencode(query)}")


app.run(host="localhost", port=int(os.environ["PORT"]))
