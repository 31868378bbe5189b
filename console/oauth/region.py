"""The region host's endpoints, for applications that serve every tenant of the region (S8).

`/oauth/token` and `/oauth/revoke` find the tenant from what is presented. `/oauth/authorize` asks the person
(`console/pages/authorization/region.py`).
"""

from django.http import HttpRequest, HttpResponse
from django_scopes import scope

from ..http.requests import TenantRequest
from ..models import AuthorizationCode, RefreshToken, Tenant
from . import bearer_tokens, metadata, parameters
from .discovery import METADATA_CACHE, document
from .endpoint import View, endpoint, no_store
from .errors import OAuthError
from .revocation import NOTHING, revoke
from .token import token


@endpoint("POST", who="a client, authenticated in the tenant that its code or refresh token is of")
def region_token(request: TenantRequest) -> HttpResponse:
    """A tenant's token endpoint, found from the code or the refresh token."""
    sent = parameters.body(request)
    if "grant_type" not in sent:
        raise OAuthError("invalid_request", "grant_type is missing.", reason=None)
    if sent["grant_type"] not in metadata.REGION_GRANTS:  # of a machine, nothing says which tenant it means
        raise OAuthError(
            "unsupported_grant_type",
            "Use the token endpoint of the tenant for this grant_type.",
            reason=None,
        )
    found = AuthorizationCode.tenant_of(sent.get("code", "")) or RefreshToken.tenant_of(
        sent.get("refresh_token", "")
    )
    if found is None:
        raise OAuthError(
            "invalid_grant",
            "The code or token is unknown, used, expired or was given to another client.",
            reason=None,
        )
    return _in(found, request, token)


@endpoint("POST", who="a client, authenticated in the tenant that its refresh token is of")
def region_revoke(request: TenantRequest) -> HttpResponse:
    """A tenant's revocation endpoint, found from the token. An unknown token is 200, as everywhere (RFC 7009 §2.2)."""
    presented = parameters.body(request).get("token", "")
    found = RefreshToken.tenant_of(presented) or bearer_tokens.tenant_of(presented)
    return _in(found, request, revoke) if found else no_store(NOTHING)


def _in(tenant: Tenant, request: TenantRequest, view: View) -> HttpResponse:
    """Answers as if the request had come to the tenant's own host."""
    request.tenant = tenant
    with scope(tenant=tenant):
        return view(request)


@endpoint("GET", who="anyone: a public document")
def region_metadata(request: HttpRequest) -> HttpResponse:
    """`/.well-known/oauth-authorization-server` of the region, for applications that serve every tenant."""
    return document(request, metadata.region_metadata(), METADATA_CACHE)
