"""What oauthlib asks while it works through a request, answered inside the tenant of the request.

Every look-up that django-oauth-toolkit would make over the whole database is overridden here; what is not needed
fails closed. Statements per request are counted in bench/: one for client credentials.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors

from ..http.tenancy import current_tenant
from ..models import Action, Event, Grant, RefreshToken, TokenFamily, recognition
from ..policy import client_types, credentials, scopes, text
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from . import id_tokens
from .client_authentication import authenticate, note_use
from .errors import OAuthError
from .issuance import LABELS, MAX_LABEL, issuance


class TenantValidator(OAuth2Validator):
    """The product's rules in the places where oauthlib looks for them."""

    # --- Clients ---------------------------------------------------------------------------------------------------

    def client_authentication_required(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Always: for a public client, naming itself is its way to authenticate."""
        return True

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
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
        return False  # secrets are rows, and client_authentication.py is the only place that looks at them

    def _load_application(self, client_id: str, request: Request) -> EffectiveClient | None:
        known = request.__dict__.get("client")
        return known if isinstance(known, EffectiveClient) and known.client_id == client_id else None

    def validate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        return self._load_application(client_id, request) is not None

    # --- Authorization requests: authorize.py has decided; this is what it decided ----------------------------------

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
        """Always, but for a request that authorize.py let go without, and its code while the client still may."""
        if request.__dict__.get("without_pkce") is True:
            return False
        without = issuance(request).grant is not None and not self.get_code_challenge("", request)
        return not (without and not request.client.needs_pkce)

    def validate_user_match(
        self, id_token_hint: str, scopes: list[str], claims: Any, request: Request
    ) -> bool:
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Replaces oauthlib's code by one of ours and keeps its digest. What the application gets, with `iss`
        (RFC 9207), is put where authorize.py looks for it: how it travels is not oauthlib's matter."""
        tenant = current_tenant()
        code["code"] = credentials.make(credentials.Prefix.CODE)
        code["iss"] = tenant.issuer
        Grant.keep(
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
        """Whether the client was registered for the grant. Machine grants also need a trusted connection (Q2)."""
        if not client.allows_grant(grant_type):
            return False
        machine = grant_type in client_types.MACHINE_GRANTS
        if machine and not client.trusted:
            issuance(request).refusal = "machine grant without a trusted connection"
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
        """For a machine that names none. What authorize.py has settled stays as it is, also if it is nothing:
        oauthlib does not tell an empty list from none.
        """
        settled: list[str] | None = request.__dict__.get("settled_scopes")
        return scopes.default(request.client.scopes) if settled is None else settled

    def validate_code(
        self, client_id: str, code: str, client: EffectiveClient, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """A used code passes here: only a request that is right in every other way may end what the code gave.

        What the client, or its tenant's approval, has lost since the code was given is left out, as in a refresh.
        """
        grant = Grant.presented(current_tenant(), code, client)
        if grant is None or grant.expires <= timezone.now() or not grant.user.is_active:
            self._note_refused_code(request, code)
            return False
        if grant.generation != str(client.generation) or grant.user_generation != grant.user.generation:
            issuance(request).refusal = "client switched off since the code was given"
            return False
        grant.tenant = current_tenant()
        remaining = scopes.join(scopes.narrowed(grant.scope.split(), client.scopes))
        if grant.scope and not remaining:
            issuance(request).refusal = "nothing left of what the code was given for"
            return False
        grant.scope = remaining
        issuance(request).grant = grant
        request.user, request.scopes = grant.user, grant.scope.split()
        return True

    @staticmethod
    def _note_refused_code(request: Request, code: str) -> None:
        state, grant = issuance(request), recognition.code_presented(current_tenant(), code)
        state.refusal = "unknown or expired code"
        if grant is not None:
            state.refusal_details["user"] = grant.user.email
            if grant.application_id != request.client.pk:
                state.refusal = "code of another client"
                state.refusal_details["given_to"] = grant.application.name

    def get_code_challenge(self, code: str, request: Request) -> str | None:
        """None of a code that was asked for without one. Then a verifier means that somebody took the challenge out of
        the request on its way (RFC 9700 §2.1.1, §4.8)."""
        grant = issuance(request).grant
        if grant is None or grant.code_challenge:
            return str(grant.code_challenge) if grant else ""
        if request.code_verifier:
            issuance(request).refusal = "code_verifier without a challenge"
            raise oauthlib_errors.InvalidGrantError(request=request)
        return None

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return "S256"

    def get_authorization_code_nonce(
        self, client_id: str, code: str, redirect_uri: str, request: Request
    ) -> str | None:
        grant = issuance(request).grant
        return grant.nonce or None if grant else None

    def get_default_redirect_uri(
        self, client_id: str, request: Request, *args: Any, **kwargs: Any
    ) -> str | None:
        """The token request named none: the code knows where it went, and PKCE has shown who began (OAuth 2.1 §4.1.3).

        RFC 6749 §4.1.3 wants it only of clients that named it when they asked for the code.
        """
        grant = issuance(request).grant
        return str(grant.redirect_uri) if grant else None

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
        grant = issuance(request).grant
        if grant is not None and grant.redirect_uri == redirect_uri:
            return True
        raise oauthlib_errors.InvalidGrantError(
            description="redirect_uri is not the one of the code.", request=request
        )

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Nothing to do: redeeming marked it used in the transaction that gave the tokens."""

    def validate_refresh_token(
        self, refresh_token: str, client: EffectiveClient, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Right client first: a stranger who presents somebody's old token must not be able to end the family."""
        state = issuance(request)
        token = RefreshToken.presented(current_tenant(), refresh_token)
        if token is not None:
            state.refusal_details["user"] = token.family.user.email
        if token is None or token.family.client_id != client.pk:
            state.refusal = "unknown refresh token"
            if token is not None:
                state.refusal = "refresh token of another client"
                state.refusal_details["given_to"] = token.family.client.name
            return False
        token.tenant = token.family.tenant = current_tenant()
        if token.revoked is not None and not token.was_just_used and token.family_lives(client):
            token.reused(by=state.actor)
        if not token.is_acceptable(client) or not client.has_offline_access:
            state.refusal = "refresh token used, expired or ended"
            return False
        state.refresh_token = token
        request.user = token.family.user
        return True

    def get_original_scopes(
        self, refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        """The family's scopes, without those that the client has lost since. Asking for less shrinks one token only."""
        token = issuance(request).refresh_token
        return scopes.narrowed(token.family.scope.split(), request.client.scopes) if token else []

    def is_within_original_scope(
        self, request_scopes: list[str], refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        return scopes.within(request_scopes, self.get_original_scopes(refresh_token, request))

    def rotate_refresh_token(self, request: Request) -> bool:
        return True

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """Makes the tokens real, in one transaction; the loser of a race for one code or token gets invalid_grant."""
        state = issuance(request)
        expires = datetime.now(UTC) + timedelta(seconds=token["expires_in"])
        if state.asked_in_json:
            # As Qlik's libraries know it, and they ask in JSON. To others the name means a number of seconds: Authlib
            # before 1.6.6 and httpx-oauth fail on a date, when the code has been used up.
            token["expires_at"] = expires.isoformat(timespec="seconds").replace("+00:00", "Z")
        refresh_token = token.pop("refresh_token", None)
        if state.grant is not None:
            if scopes.OFFLINE_ACCESS not in request.scopes:
                refresh_token = None
            family = state.grant.redeem(
                request.client,
                access_expires_at=expires,
                refresh_token=refresh_token,
                labels=self._labels(request),
                by=state.actor,
            )
            if family is None:
                state.refusal = "code replayed"
                raise oauthlib_errors.InvalidGrantError(request=request)
        elif state.refresh_token is not None:
            if not state.refresh_token.rotate(refresh_token, access_expires_at=expires, by=state.actor):
                state.refusal = "refresh token reused"
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
    def _labels(request: Request) -> dict[str, str]:
        """Labels for the list of tokens (Q6), from the request's own parameters and nowhere else."""
        return {
            name: text.one_line(value[:MAX_LABEL], MAX_LABEL)
            for name, value in request.decoded_body or []
            if name in LABELS
        }

    @staticmethod
    def _begin_impersonation(request: Request, expires: datetime) -> None:
        state = issuance(request)
        tenant = current_tenant()
        with transaction.atomic():
            TokenFamily(
                id=state.new_family,
                tenant=tenant,
                client_id=request.client.pk,
                user=request.user,
                grant_type=GrantType.USER_IMPERSONATION,
                scope=scopes.join(request.scopes),
                generation=str(request.client.generation),
                user_generation=request.user.generation,
                access_expires_at=expires,
                expires_at=expires,
            ).save(force_insert=True)
            Event.record(
                tenant,
                Action.TOKENS_ISSUED,
                by=state.actor,
                target=request.client,
                details={
                    "user": request.user.email,
                    "scope": scopes.join(request.scopes),
                    "impersonation": True,
                },
            )

    # --- ID tokens -------------------------------------------------------------------------------------------------

    def finalize_id_token(
        self, id_token: dict[str, Any], token: dict[str, Any], token_handler: Any, request: Request
    ) -> str:
        """Signs the ID token that oauthlib has begun (aud, iat, nonce, at_hash)."""
        return id_tokens.make(
            current_tenant(),
            request.client,
            request.user,
            request.scopes,
            auth_time=issuance(request).auth_time,
            begun={name: id_token[name] for name in ("nonce", "at_hash") if name in id_token},
        )

    # --- What is never asked of us, answered with no ----------------------------------------------------------------

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
        return False  # cors.py answers for every endpoint
