"""What oauthlib asks while it works through a request, answered within the tenant of the request.

Every look-up that django-oauth-toolkit would make across tenants is overridden. What is not needed answers no.
`bench/` counts the statements of each request: one for client credentials.
"""

from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors

from ..http.tenancy import current_tenant
from ..policy import client_types
from ..policy.effective_client import EffectiveClient
from . import id_tokens, machine_tokens
from .client_authentication import authenticate
from .code_validator import CodeValidator
from .errors import OAuthError
from .issuance import issuance
from .refresh_token_validator import RefreshTokenValidator
from .token_issuer import TokenIssuer


class TenantValidator(CodeValidator, RefreshTokenValidator, TokenIssuer):
    """The validator that oauthlib knows (`settings.OAUTH2_PROVIDER`).

    Its bases answer for the codes, the refresh tokens and the end of token requests. The rest stands here. Nothing of a
    request is kept on `self`: one object serves all threads. It is kept in `issuance(request)`.
    """

    # --- Clients ---------------------------------------------------------------------------------------------------

    def client_authentication_required(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Always. A public client authenticates by naming itself (the method `none`)."""
        return True

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Sets the client of the request. Raises InvalidClientError or InvalidRequestError."""
        state = issuance(request)
        try:
            found = authenticate(
                current_tenant(), request.headers.get("Authorization", ""), dict(request.decoded_body or [])
            )
        except OAuthError as error:
            state.unauthenticated = error
            if error.error == "invalid_request":
                raise oauthlib_errors.InvalidRequestError(
                    description=error.description, request=request
                ) from None
            raise oauthlib_errors.InvalidClientError(description=error.description, request=request) from None
        state.authenticate(found)
        request.client, request.client_id = found.client, found.client.client_id
        return True

    def authenticate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        return False

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        return False  # client_secrets.py checks secrets, and nothing else does

    def _load_application(self, client_id: str, request: Request) -> EffectiveClient | None:
        known = request.__dict__.get("client")
        return known if isinstance(known, EffectiveClient) and known.client_id == client_id else None

    def validate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        return self._load_application(client_id, request) is not None

    # --- Token requests --------------------------------------------------------------------------------------------

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        """Whether the code must have had a challenge: not if it was allowed without one, and its client still is."""
        without = issuance(request).authorization_code is not None and not self.get_code_challenge(
            "", request
        )
        return not (without and not request.client.needs_pkce)

    def validate_grant_type(
        self,
        client_id: str,
        grant_type: str,
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Whether the client may use the grant. Raises UnauthorizedClientError for a machine that may not (Q2)."""
        if grant_type not in client_types.MACHINE_GRANTS:
            return client.allows_grant(grant_type)
        try:
            machine_tokens.check_grant(client, grant_type)
        except OAuthError as error:
            issuance(request).refusal = error.reason
            raise oauthlib_errors.UnauthorizedClientError(
                description=error.description, request=request
            ) from None
        return True

    # --- ID tokens -------------------------------------------------------------------------------------------------

    def finalize_id_token(
        self, id_token: dict[str, Any], token: dict[str, Any], token_handler: Any, request: Request
    ) -> str:
        """The signed ID token. Of `id_token`, which oauthlib has begun, it takes nonce and at_hash."""
        return id_tokens.make(
            current_tenant(),
            request.client,
            request.user,
            request.scopes,
            auth_time=issuance(request).auth_time,
            begun={name: id_token[name] for name in ("nonce", "at_hash") if name in id_token},
        )

    # --- Not needed: always no ---------------------------------------------------------------------------------------

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return False  # authorization requests are judged in rules_before_answering.py, without oauthlib

    def validate_scopes(
        self,
        client_id: str,
        scopes: list[str],
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        return (
            False  # scopes mean something together with `resource` only: resource_indicators.py judges both
        )

    def get_default_scopes(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        return []

    def is_within_original_scope(
        self, request_scopes: list[str], refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return False

    def validate_response_type(
        self,
        client_id: str,
        response_type: str,
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        return False

    def validate_bearer_token(self, token: str, scopes: list[str], request: Request) -> bool:
        return False

    def validate_jwt_bearer_token(self, token: str, scopes: list[str], request: Request) -> bool:
        return False

    def validate_id_token(self, token: str, scopes: list[str], request: Request) -> bool:
        return False

    def validate_user(
        self,
        username: str,
        password: str,
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        return False

    def is_origin_allowed(
        self, client_id: str, origin: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return False  # http/cors.py answers for every endpoint
