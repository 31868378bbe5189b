"""What oauthlib asks at the end of a token request: store what the tokens in the answer stand for (RFC 6749 §5.1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors

from ..http.tenancy import current_tenant
from ..models import Action, AuthorizationCode, Event, TokenFamily
from ..policy import scopes, text
from ..policy.client_types import GrantType
from ..policy.reasons import Reason
from . import access_tokens
from .client_authentication import note_use
from .issuance import LABELS, MAX_LABEL, issuance


class TokenIssuer(OAuth2Validator):
    """The part of TenantValidator that issues tokens."""

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """Stores what the tokens of the answer `token` stand for, and takes a refresh token out that is not given.

        Raises InvalidGrantError if another request has used the code or the refresh token first.
        """
        state = issuance(request)
        expires = datetime.now(UTC) + timedelta(seconds=token["expires_in"])
        if state.asked_in_json:
            token["expires_at"] = access_tokens.moment(expires)
        refresh_token = token.pop("refresh_token", None)
        if state.authorization_code is not None:
            refresh_token = refresh_token if scopes.OFFLINE_ACCESS in request.scopes else None
            self._redeem(state.authorization_code, request, refresh_token, expires)
        elif state.refresh_token is not None:
            if not state.refresh_token.rotate(refresh_token, access_expires_at=expires, by=state.actor):
                state.refusal = Reason.REFRESH_TOKEN_REUSED
                raise oauthlib_errors.InvalidGrantError(request=request)
        else:
            refresh_token = None
            if state.impersonating:
                self._begin_impersonation(request, expires)
        if refresh_token:
            token["refresh_token"] = refresh_token
        if state.authenticated is not None:
            note_use(state.authenticated)

    @staticmethod
    def _redeem(
        code: AuthorizationCode, request: Request, refresh_token: str | None, expires: datetime
    ) -> None:
        """Uses the code and begins the family of its tokens. The access token lives until it `expires`."""
        state = issuance(request)
        # Labels for the list of tokens (Q6), from the parameters of the request and nowhere else.
        labels = {
            name: text.one_line(value[:MAX_LABEL], MAX_LABEL)
            for name, value in request.decoded_body or []
            if name in LABELS
        }
        family = code.redeem(
            request.client,
            access_expires_at=expires,
            refresh_token=refresh_token,
            labels=labels,
            by=state.actor,
        )
        if family is None:
            state.refusal = Reason.CODE_REPLAYED
            raise oauthlib_errors.InvalidGrantError(request=request)

    @staticmethod
    def _begin_impersonation(request: Request, expires: datetime) -> None:
        """Begins the family of an access token with which a machine acts as a person (Q2), until it `expires`."""
        state = issuance(request)
        tenant = current_tenant()
        with transaction.atomic():
            TokenFamily(
                id=state.new_family,
                tenant=tenant,
                client_id=request.client.pk,
                user=request.user,
                grant_type=GrantType.USER_IMPERSONATION,
                scope=scopes.join(state.granted),
                generation=str(request.client.generation),
                user_generation=request.user.generation,
                access_expires_at=expires,
                expires_at=expires,
                kept_until=expires,
            ).save(force_insert=True)
            Event.record(
                tenant,
                Action.TOKENS_ISSUED,
                by=state.actor,
                target=request.client,
                details={
                    "user": request.user.email,
                    "scope": scopes.join(state.granted),
                    "impersonation": True,
                },
            )
