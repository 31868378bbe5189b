"""The protocol endpoints that programs call, of a tenant host and of the region's. Those that people see are pages.

django-oauth-toolkit's own URL list also has pages that are not offered.
"""

from django.urls import path

from .device import device_authorization
from .discovery import authorization_server, jwks, openid_configuration
from .introspection import introspect
from .region import region_metadata, region_revoke, region_token
from .registration import manage, register
from .revocation import revoke
from .token import token
from .userinfo import userinfo

urlpatterns = [
    path("oauth/token", token, name="token"),
    path("oauth/device_authorization", device_authorization, name="device_authorization"),
    path("oauth/revoke", revoke, name="revoke"),
    path("oauth/introspect", introspect, name="introspect"),
    path("oauth/userinfo", userinfo, name="userinfo"),
    path("oauth/register", register, name="register"),
    path("oauth/register/<str:client_id>", manage, name="registration"),
    path(
        ".well-known/oauth-authorization-server", authorization_server, name="authorization_server_metadata"
    ),
    path(".well-known/openid-configuration", openid_configuration, name="openid_configuration"),
    path(".well-known/jwks.json", jwks, name="jwks"),
]

region_urlpatterns = [
    path("oauth/token", region_token, name="token"),
    path("oauth/revoke", region_revoke, name="revoke"),
    path(".well-known/oauth-authorization-server", region_metadata, name="authorization_server_metadata"),
]
