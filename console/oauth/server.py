"""oauthlib's server, built by django-oauth-toolkit and limited to what this product offers.

One response type (code) and four grants. Anything else is unsupported here, not merely disabled somewhere else.
"""

from functools import cache
from typing import Any
from uuid import UUID

from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors
from oauthlib.oauth2.rfc6749.grant_types.client_credentials import ClientCredentialsGrant
from oauthlib.openid import Server

from ..models import User
from ..policy.client_types import GrantType
from ..policy.reasons import Reason
from . import access_tokens, parameters, resource_indicators
from .errors import OAuthError
from .issuance import issuance


class UserImpersonationGrant(ClientCredentialsGrant):
    """`urn:qlik:oauth:user-impersonation` (Q2): a trusted machine acts as one of the tenant's people.

    `user_lookup` names the person: {"field": "userId" | "subject", "value": …}. The subject is the e-mail address.
    """

    def validate_token_request(self, request: Request) -> None:
        self.validate_client_confidential(request)
        self.validate_grant_type(request)
        resource_indicators.ask_for_machine(request)
        request.user = self._person(request)
        issuance(request).impersonating = True
        resource_indicators.aim(request)

    @staticmethod
    def _person(request: Request) -> User:
        try:
            lookup: Any = parameters.decode_json(request.user_lookup)
            find = {"userId": _by_id, "subject": _by_subject}[lookup["field"]]
            value = lookup["value"]
            if not isinstance(value, str):
                raise TypeError
        except (AttributeError, KeyError, TypeError, ValueError, OAuthError):
            issuance(request).refusal = Reason.USER_LOOKUP_MALFORMED
            raise oauthlib_errors.InvalidRequestError(
                description="user_lookup must be a JSON object with a field (userId or subject) and a value.",
                request=request,
            ) from None
        user = find(value)
        if user is None:
            issuance(request).refusal = Reason.NO_SUCH_USER
            raise oauthlib_errors.InvalidGrantError(description="There is no such user.", request=request)
        return user


def _by_id(value: str) -> User | None:
    try:
        user: User | None = User.objects.filter(is_active=True, pk=UUID(value)).first()
    except ValueError:
        return None
    return user


def _by_subject(value: str) -> User | None:
    if not value.isprintable():  # no address; and a NUL or half a surrogate pair is an error to the database
        return None
    user: User | None = User.objects.filter(is_active=True, email=value.strip().lower()).first()
    return user


class TenantServer(Server):
    """The OpenID server with only our response type and grants."""

    def __init__(self, request_validator: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request_validator, *args, **kwargs)
        self._response_types = {"code": self.openid_connect_auth}
        self._grant_types = {
            GrantType.AUTHORIZATION_CODE.value: self.openid_connect_auth,
            GrantType.REFRESH_TOKEN.value: self.refresh_grant,
            GrantType.CLIENT_CREDENTIALS.value: self.credentials_grant,
            GrantType.USER_IMPERSONATION.value: UserImpersonationGrant(request_validator),
        }
        for grant in (self.openid_connect_auth, self.refresh_grant):
            grant.custom_validators.post_token.append(resource_indicators.aim)
        self.default_token_type.expires_in = access_tokens.expires_in


@cache
def server() -> TenantServer:
    """The one server of this process, as django-oauth-toolkit's settings describe it. It keeps nothing of a request."""
    made: TenantServer = oauth2_settings.OAUTH2_SERVER_CLASS(
        oauth2_settings.OAUTH2_VALIDATOR_CLASS(), **oauth2_settings.server_kwargs
    )
    return made
