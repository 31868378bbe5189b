"""The addresses of the authorization server, below the issuer of a tenant or of the region."""

from django.conf import settings

from ..models.tenant import issuer_for

AUTHORIZATION_SERVER_PATH = "/.well-known/oauth-authorization-server"
OPENID_PATH = "/.well-known/openid-configuration"
JWKS_PATH = "/.well-known/jwks.json"
AUTHORIZE_PATH = "/oauth/authorize"
TOKEN_PATH = "/oauth/token"
DEVICE_AUTHORIZATION_PATH = "/oauth/device_authorization"
DEVICE_PATH = "/device"  # where people enter the code that a device shows
REVOKE_PATH = "/oauth/revoke"
INTROSPECT_PATH = "/oauth/introspect"
USERINFO_PATH = "/oauth/userinfo"
LOGOUT_PATH = "/oauth/logout"
REGISTER_PATH = "/oauth/register"
BRAND_PATH = "/brand/"  # logos and colours: files under names that change with their content


def region_issuer() -> str:
    """The region's own address. It issues nothing: every answer and every token names its tenant."""
    return issuer_for(settings.REGION_HOST)
