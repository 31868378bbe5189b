"""What oauthlib asks about the refresh token of a token request (RFC 6749 §6).

Once `validate_refresh_token` has found the token, it is `issuance(request).refresh_token`.
"""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request

from ..http.tenancy import current_tenant
from ..models import RefreshToken
from ..policy import scopes
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .issuance import issuance


class RefreshTokenValidator(OAuth2Validator):
    """The part of TenantValidator that answers for refresh tokens."""

    def validate_refresh_token(
        self, refresh_token: str, client: EffectiveClient, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the client can use the refresh token.

        One that was used before ends its family (RFC 9700 §4.14.2), but only when its own client presents it: another
        one must not be able to end the family with an old token.
        """
        state = issuance(request)
        token = RefreshToken.presented(current_tenant(), refresh_token)
        if token is not None:
            state.refusal_details["user"] = token.family.user.email
        if token is None or token.family.client_id != client.pk:
            state.refusal = Reason.REFRESH_TOKEN_UNKNOWN
            if token is not None:
                state.refusal = Reason.REFRESH_TOKEN_OF_ANOTHER_CLIENT
                state.refusal_details["given_to"] = token.family.client.name
            return False
        token.tenant = token.family.tenant = current_tenant()
        if token.revoked is not None and not token.was_just_used and token.family_lives(client):
            token.reused(by=state.actor)
        if not token.is_acceptable(client) or not client.has_offline_access:
            state.refusal = Reason.REFRESH_TOKEN_ENDED
            return False
        state.refresh_token = token
        request.user = token.family.user
        return True

    def get_original_scopes(
        self, refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        """The scopes of the family, without those that the client has lost since.

        A refresh with fewer scopes (RFC 6749 §6) narrows one access token, and not the family.
        """
        token = issuance(request).refresh_token
        return scopes.narrowed(token.family.scope.split(), request.client.scopes) if token else []

    def rotate_refresh_token(self, request: Request) -> bool:
        return True
