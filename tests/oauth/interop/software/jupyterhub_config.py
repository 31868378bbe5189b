"""JupyterHub with GenericOAuthenticator, as oauthenticator's documentation configures it.

Beside it stands what has nothing to do with signing in: the hub alone, without a proxy in front and without notebooks.
"""

import os
from typing import Any

from jupyterhub.proxy import Proxy

ISSUER, PORT = os.environ["ISSUER"], os.environ["PORT"]


class NoProxy(Proxy):
    """The browser talks to the hub itself."""

    should_start = False

    async def add_route(self, routespec: str, target: str, data: Any) -> None: ...

    async def delete_route(self, routespec: str) -> None: ...

    async def get_all_routes(self) -> dict[str, Any]:
        return {}


c = get_config()  # type: ignore[name-defined]  # noqa: F821
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_bind_url = f"http://localhost:{PORT}/hub"
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.spawner_class = "simple"

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = os.environ["CLIENT_ID"]
c.GenericOAuthenticator.client_secret = os.environ["CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = f"http://localhost:{PORT}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{ISSUER}/oauth/authorize"
c.GenericOAuthenticator.token_url = f"{ISSUER}/oauth/token"
c.GenericOAuthenticator.userdata_url = f"{ISSUER}/oauth/userinfo"
c.GenericOAuthenticator.logout_redirect_url = f"{ISSUER}/oauth/logout"
c.GenericOAuthenticator.scope = ["openid", "email", "offline_access"]
c.GenericOAuthenticator.username_claim = "email"
c.GenericOAuthenticator.allow_all = True
c.GenericOAuthenticator.enable_auth_state = True
c.GenericOAuthenticator.auth_refresh_age = 1  # second: the person is looked up anew at nearly every page
