"""The addresses of the region host, which belongs to no tenant."""

from django.urls import path

from console.oauth import region as oauth
from console.pages import failures, health, region
from console.pages.authorization.region import authorize

urlpatterns = [
    path("healthz", health.process, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("oauth/authorize", authorize, name="authorize"),
    path("oauth/token", oauth.region_token, name="token"),
    path("oauth/revoke", oauth.region_revoke, name="revoke"),
    path(
        ".well-known/oauth-authorization-server", oauth.region_metadata, name="authorization_server_metadata"
    ),
    path("", region.start, name="home"),
    path("language", region.language, name="language"),
    path("theme", region.theme, name="theme"),
]

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.server_error
