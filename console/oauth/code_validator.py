"""What oauthlib asks about the code of a token request (RFC 6749 §4.1.3, RFC 7636 §4.6).

Once `validate_code` has found the code, it is `issuance(request).authorization_code`.
"""

from typing import Any

from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors

from ..http.tenancy import current_tenant
from ..models import AuthorizationCode, recognition
from ..policy import scopes
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .issuance import issuance


class CodeValidator(OAuth2Validator):
    """The part of TenantValidator that answers for codes."""

    def validate_code(
        self, client_id: str, code: str, client: EffectiveClient, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the client can exchange the code: it is its own, alive, and some of its scopes are still allowed.

        A code that was used before is valid here. It ends the tokens that it gave (RFC 6749 §4.1.2), and that must not
        happen before everything else in the request is known to be right: AuthorizationCode.redeem does it. Scopes that
        the client or the tenant's approval has lost since the code was given are left out, as in a refresh.
        """
        code_given = AuthorizationCode.presented(current_tenant(), code, client)
        if code_given is None or code_given.expires <= timezone.now() or not code_given.user.is_active:
            self._note_refused_code(request, code)
            return False
        if (
            code_given.generation != str(client.generation)
            or code_given.user_generation != code_given.user.generation
        ):
            issuance(request).refusal = Reason.CODE_OUTLIVED_ITS_CLIENT
            return False
        code_given.tenant = current_tenant()
        remaining = scopes.join(scopes.narrowed(code_given.scope.split(), client.scopes))
        if code_given.scope and not remaining:
            issuance(request).refusal = Reason.CODE_LEFT_WITHOUT_SCOPES
            return False
        code_given.scope = remaining
        issuance(request).authorization_code = code_given
        request.user, request.scopes = code_given.user, code_given.scope.split()
        return True

    @staticmethod
    def _note_refused_code(request: Request, code: str) -> None:
        """Keeps for the audit log why the code is refused, and whose it is."""
        state, code_given = issuance(request), recognition.code_presented(current_tenant(), code)
        state.refusal = Reason.CODE_UNKNOWN_OR_EXPIRED
        if code_given is not None:
            state.refusal_details["user"] = code_given.user.email
            if code_given.application_id != request.client.pk:
                state.refusal = Reason.CODE_OF_ANOTHER_CLIENT
                state.refusal_details["given_to"] = code_given.application.name

    def get_code_challenge(self, code: str, request: Request) -> str | None:
        """The challenge of the code; None if it was requested without one.

        Raises InvalidGrantError for a verifier without a challenge: somebody may have removed the challenge from the
        authorization request (PKCE downgrade, RFC 9700 §2.1.1, §4.8).
        """
        code_given = issuance(request).authorization_code
        if code_given is None or code_given.code_challenge:
            return str(code_given.code_challenge) if code_given else ""
        if request.code_verifier:
            issuance(request).refusal = Reason.CODE_VERIFIER_WITHOUT_CHALLENGE
            raise oauthlib_errors.InvalidGrantError(request=request)
        return None

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return "S256"

    def get_authorization_code_nonce(
        self, client_id: str, code: str, redirect_uri: str, request: Request
    ) -> str | None:
        code_given = issuance(request).authorization_code
        return code_given.nonce or None if code_given else None

    def get_default_redirect_uri(
        self, client_id: str, request: Request, *args: Any, **kwargs: Any
    ) -> str | None:
        """The redirect URL of the code, for a token request that names none.

        OAuth 2.1 §4.1.3 does not need it there, because PKCE shows that the same client began. RFC 6749 §4.1.3 demands
        it of clients that named it when they requested the code; that is not enforced.
        """
        code_given = issuance(request).authorization_code
        return str(code_given.redirect_uri) if code_given else None

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str,
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        code_given = issuance(request).authorization_code
        if code_given is not None and code_given.redirect_uri == redirect_uri:
            return True
        issuance(request).refusal = Reason.REDIRECT_URI_NOT_OF_CODE
        raise oauthlib_errors.InvalidGrantError(
            description="redirect_uri is not the one of the code.", request=request
        )

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Nothing to do: AuthorizationCode.redeem has marked it as used, in the transaction that began the tokens."""
