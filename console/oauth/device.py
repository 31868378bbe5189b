"""`/oauth/device_authorization`: a device that has no browser asks to be let in from another one (RFC 8628 §3.1, §3.2).

What the person answers is judged in device_approval.py, and the device gets its tokens by device_tokens.py.
"""

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import urlencode

from ..http.addresses import DEVICE_PATH
from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import DeviceAuthorization, TooManyBegun
from ..policy import device_codes
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import left_out, parameters, refusals
from .authorization_request import AuthorizationRequest
from .client_authentication import authenticate
from .endpoint import endpoint, no_store
from .errors import OAuthError
from .machine_tokens import NOT_REGISTERED
from .requested_scopes import scopes_are_within_the_clients


@endpoint("POST", who="a client, authenticated by client_authentication")
def device_authorization(request: TenantRequest) -> HttpResponse:
    """Gives a device its two codes, and says where the person is to enter the short one."""
    with refusals.recorded(request, endpoint="device") as attempt:
        attempt.sent = sent = parameters.body(request)
        client = authenticate(request.tenant, request.headers.get("Authorization", ""), sent).client
        attempt.client = client
        check_grant(client)
        asked = AuthorizationRequest(request.tenant, None, sent)
        asked.client = client
        scopes_are_within_the_clients(asked)
        begun, device_code, user_code = _begin(request, asked)
    left_out.tell_owner(request, asked)
    page, shown = request.tenant.issuer + DEVICE_PATH, device_codes.shown(user_code)
    return no_store(
        {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'user_code': shown})}",
            "expires_in": int(settings.DEVICE_CODE_LIFETIME.total_seconds()),
            "interval": begun.interval,
        }
    )


def check_grant(client: EffectiveClient) -> None:
    """Raises OAuthError("unauthorized_client") for a client that is not registered for the grant, or whose grant this
    tenant has not approved."""
    if not client.allows_grant(GrantType.DEVICE_CODE):
        raise OAuthError("unauthorized_client", NOT_REGISTERED, reason=Reason.GRANT_NOT_REGISTERED)


def _begin(request: TenantRequest, asked: AuthorizationRequest) -> tuple[DeviceAuthorization, str, str]:
    try:
        return DeviceAuthorization.begin(
            request.tenant, asked.client, asked.scopes, address=client_address(request)
        )
    except TooManyBegun:
        # No error of RFC 8628 fits: this one says that the same request may come again later.
        raise OAuthError(
            "temporarily_unavailable",
            "Too many devices have begun in this minute. Try again in a minute.",
            reason=Reason.TOO_MANY_DEVICE_CODES,
            status=429,
            retry_after=60,
        ) from None
