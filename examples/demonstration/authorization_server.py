"""The authorization server as this application sees it: one address, and what its discovery document says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth, OAuthError
from failures import Refused, Unreachable
from flask import Flask, request, session
from joserfc.errors import JoseError
from local_names import BackChannel
from werkzeug.wrappers import Response

SCOPES = "openid profile email offline_access user_default"


class AuthorizationServer:
    def __init__(self, app: Flask, issuer: str, client_id: str, client_secret: str, connect_to: str) -> None:
        self.issuer = issuer
        self.api_url = f"{issuer}/api/v1/users/me"
        channel = type("Channel", (BackChannel,), {"connect_to": connect_to})
        self.channel = channel
        self.authentication = {
            "client_id": client_id,
            "client_secret": client_secret or None,
            "token_endpoint_auth_method": "client_secret_basic" if client_secret else "none",
        }
        self.client: FlaskOAuth2App = OAuth(app).register(
            "authorization_server",
            client_cls=type("Client", (FlaskOAuth2App,), {"client_cls": channel}),
            client_id=client_id,
            client_secret=client_secret or None,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": SCOPES,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": self.authentication["token_endpoint_auth_method"],
            },
        )

    @property
    def name(self) -> str:
        """What a person recognises: the host, with its port if it has one."""
        return self.issuer.split("://", 1)[-1]

    def metadata(self) -> dict[str, Any]:
        """The discovery document, fetched once; it must name the issuer asked (OIDC Discovery 4.3)."""
        with failures_as_pages():
            document: dict[str, Any] = self.client.load_server_metadata()
        if document.get("issuer") != self.issuer:
            self.client.server_metadata.clear()
            raise Unreachable("wrong_issuer")
        return document

    def start_sign_in(self, redirect_url: str) -> Response:
        """Send the browser to the authorization endpoint; Authlib keeps state, nonce and PKCE verifier."""
        self.metadata()
        answer: Response = self.client.authorize_redirect(redirect_url)
        return answer

    def finish_sign_in(self) -> dict[str, Any]:
        """Turn the answer in the address into tokens. Raises Refused if the answer cannot be trusted."""
        self.check_answer()
        with failures_as_pages("You were not signed in"):
            token: dict[str, Any] = self.client.authorize_access_token()
        return token

    def check_answer(self) -> None:
        """Look at who answers and to what, before anything else in the answer is believed.

        `iss` against mix-up: RFC 9207 section 2.4. `state` against answers that this browser did not ask for,
        errors included: RFC 6749 section 10.12.
        """
        title = "You were not signed in"
        expected = self.metadata().get("authorization_response_iss_parameter_supported", False)
        issuer = request.args.get("iss", self.issuer if not expected else "")
        if issuer != self.issuer:
            raise Refused("issuer_mismatch", title=title)
        state = request.args.get("state", "")
        if self.client.framework.get_state_data(session, state) is None:
            raise Refused("mismatching_state", title=title)
        if "error" in request.args:
            self.client.framework.clear_state_data(session, state)
            raise Refused(request.args["error"], request.args.get("error_description", ""), title)

    def userinfo(self, token: dict[str, Any]) -> dict[str, Any]:
        """What the userinfo endpoint says, or nothing when the access token is no longer good for it."""
        answer = self.get(self.metadata()["userinfo_endpoint"], token)
        body = json_of(answer)
        return body if answer.ok and isinstance(body, dict) else {}

    def get(self, url: str, token: dict[str, Any]) -> requests.Response:
        """GET with the access token as it is: an expired one is sent too, so that the answer can be seen."""
        with failures_as_pages(), self.channel() as channel:
            headers = {"Authorization": f"Bearer {token['access_token']}", "Accept": "application/json"}
            answer: requests.Response = channel.request("GET", url, withhold_token=True, headers=headers)
            return answer

    def refresh(self, token: dict[str, Any]) -> dict[str, Any]:
        """New tokens for the refresh token, which the server may replace as well (RFC 6749 section 6)."""
        endpoint = self.metadata()["token_endpoint"]
        if not token.get("refresh_token"):
            raise Refused("no_refresh_token")
        with failures_as_pages(), self.channel(**self.authentication) as channel:
            fresh: dict[str, Any] = channel.refresh_token(endpoint, refresh_token=token["refresh_token"])
        return {**token, **fresh}

    def withdraw(self, token: dict[str, Any]) -> None:
        """Revoke the refresh token (RFC 7009)."""
        endpoint = self.metadata()["revocation_endpoint"]
        with failures_as_pages(), self.channel(**self.authentication) as channel:
            answer = channel.revoke_token(
                endpoint, token=token["refresh_token"], token_type_hint="refresh_token"
            )
        if not answer.ok:
            body = json_of(answer)
            body = body if isinstance(body, dict) else {}
            raise Refused(str(body.get("error", answer.status_code)), str(body.get("error_description", "")))

    def sign_out(self, token: dict[str, Any], back_to: str) -> Response:
        """Send the browser to the end_session_endpoint (OpenID Connect RP-Initiated Logout section 2)."""
        self.metadata()
        answer: Response = self.client.logout_redirect(
            post_logout_redirect_uri=back_to, id_token_hint=token.get("id_token")
        )
        return answer


@contextmanager
def failures_as_pages(title: str = "The request was refused") -> Iterator[None]:
    """Turn what Authlib, joserfc and requests raise into something that can be shown."""
    try:
        yield
    except OAuthError as refusal:
        raise Refused(refusal.error or "", refusal.description or "", title) from refusal
    except JoseError as problem:
        raise Refused("invalid_id_token", title=title) from problem
    except (requests.RequestException, ValueError) as problem:
        raise Unreachable from problem


def json_of(answer: requests.Response) -> Any:
    """The body of an answer as JSON, or None if it is anything else."""
    try:
        return answer.json()
    except ValueError:
        return None
