"""What oauthlib asks while it works through a request, answered within the tenant of the request.

Every look-up that django-oauth-toolkit would make across tenants is overridden. What is not needed answers no.
`bench/` counts the statements of each request: one for client credentials.
"""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors

from ..http.tenancy import current_tenant
from ..models import AuthorizationCode
from ..policy import client_types, credentials, scopes
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import id_tokens
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
        state.authenticated, state.actor = found, replace(state.actor, client=found.client)
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

    # --- Authorization requests: these repeat what was decided before oauthlib was called ----------------------------

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return redirect_uri == request.__dict__.get("settled_redirect_uri")

    def validate_response_type(
        self,
        client_id: str,
        response_type: str,
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        return response_type == "code" and client.allows_grant(GrantType.AUTHORIZATION_CODE)

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        """False for an authorization request that was allowed without PKCE, and for its code if the client still is."""
        if request.__dict__.get("without_pkce") is True:
            return False
        without = issuance(request).authorization_code is not None and not self.get_code_challenge(
            "", request
        )
        return not (without and not request.client.needs_pkce)

    def validate_user_match(
        self, id_token_hint: str, scopes: list[str], claims: Any, request: Request
    ) -> bool:
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Replaces oauthlib's code by one of ours, and stores its digest.

        Puts the parameters of the answer, with `iss` (RFC 9207), into the `answer` that the caller gave: oauthlib does
        not send them.
        """
        tenant = current_tenant()
        code["code"] = credentials.make(credentials.Prefix.CODE)
        code["iss"] = tenant.issuer
        AuthorizationCode.keep(
            code["code"],
            tenant=tenant,
            application_id=request.client.pk,
            user=request.user,
            redirect_uri=request.redirect_uri,
            scope=scopes.join(request.__dict__["settled_scopes"]),
            code_challenge=request.code_challenge or "",
            code_challenge_method=request.code_challenge_method or "",
            nonce=request.nonce or "",
            auth_time=request.__dict__["auth_time"],
            consent=request.__dict__["consent"],
            generation=str(request.client.generation),
            user_generation=request.user.generation,
            expires=timezone.now() + settings.CODE_LIFETIME,
        )
        request.__dict__["answer"].update(code)

    # --- Token requests --------------------------------------------------------------------------------------------

    def validate_grant_type(
        self,
        client_id: str,
        grant_type: str,
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Whether the client is registered for the grant.

        Machine grants need a confidential client and a trusted connection too (Q2); without trust it raises
        UnauthorizedClientError.
        """
        if not client.allows_grant(grant_type):
            return False
        machine = grant_type in client_types.MACHINE_GRANTS
        if machine and not client.trusted:
            issuance(request).refusal = Reason.MACHINE_NOT_TRUSTED
            raise oauthlib_errors.UnauthorizedClientError(
                description="The consent method of this client must be Trusted before a machine can use it.",
                request=request,
            )
        return not machine or client.confidential

    def validate_scopes(
        self,
        client_id: str,
        scopes: list[str],
        client: EffectiveClient,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        settled = request.__dict__.get("settled_scopes")
        return client.allows_scopes(scopes) if settled is None else scopes == settled

    def get_default_scopes(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        """The scopes of a token request of a machine that names none.

        oauthlib also asks if an authorization request has an empty list of scopes: that one stays empty.
        """
        settled: list[str] | None = request.__dict__.get("settled_scopes")
        return scopes.default(request.client.scopes) if settled is None else settled

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
