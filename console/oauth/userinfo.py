"""`/oauth/userinfo` (OpenID Connect Core §5.3): who the person is, as far as the granted scopes say."""

from django.http import HttpResponse

from ..http.requests import TenantRequest
from ..policy import scopes
from . import bearer_tokens, parameters
from .endpoint import endpoint, no_store
from .errors import OAuthError
from .id_tokens import claims_about


@endpoint("GET", "POST", who="the holder of an access token with the scope openid")
def userinfo(request: TenantRequest) -> HttpResponse:
    """The claims about the person of the access token."""
    token = _token(request)
    live = bearer_tokens.live(request.tenant, token)
    if live is None or live.user is None:
        bearer_tokens.note_refused(request, request.tenant, token)
        raise OAuthError("invalid_token", "The access token is unknown, expired or revoked.", reason=None)
    if scopes.OPENID not in live.scopes:
        raise OAuthError(
            "insufficient_scope", "The access token does not have the scope openid.", reason=None, status=403
        )
    return no_store(claims_about(live.user, live.scopes))


def _token(request: TenantRequest) -> str:
    """From the header, or from the body of a form (RFC 6750 §2.1, §2.2); never from the address (RFC 9700 §4.3.2)."""
    token, in_form = bearer_tokens.presented(request), None
    if request.method == "POST" and request.content_type == parameters.FORM:
        in_form = parameters.body(request).get("access_token")
    if token is not None and in_form is not None:
        raise OAuthError(
            "invalid_request",
            "Send the access token in one way, not in several (RFC 6750, section 2).",
            reason=None,
        )
    token = token or in_form
    if token is None:
        raise OAuthError(
            "invalid_token",
            "Send the access token in the Authorization header.",
            reason=None,
            nothing_presented=True,
        )
    return token
