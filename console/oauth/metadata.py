"""A tenant's metadata documents: RFC 8414 and OpenID Connect Discovery 1.0. They list what works, and only that."""

from enum import Enum
from typing import Any

from ..http.addresses import (
    AUTHORIZE_PATH,
    DEVICE_AUTHORIZATION_PATH,
    INTROSPECT_PATH,
    JWKS_PATH,
    LOGOUT_PATH,
    REGISTER_PATH,
    REVOKE_PATH,
    TOKEN_PATH,
    USERINFO_PATH,
    region_issuer,
)
from ..models import OutsidePolicy, RegistrationPolicy, Tenant
from ..policy import assurance, public_keys, scopes
from ..policy.client_types import GrantType


class ResponseMode(Enum):
    """How the answer to an authorization request travels to the application."""

    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"


RESPONSE_MODES = [mode.value for mode in ResponseMode]

# Whose code or refresh token says which tenant it is of.
REGION_GRANTS = (GrantType.AUTHORIZATION_CODE.value, GrantType.REFRESH_TOKEN.value)

CONFIDENTIAL = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
SIGNED_CLIENT_AUTHENTICATION = sorted({name for names in public_keys.ALGORITHMS.values() for name in names})


def authorization_server_metadata(tenant: Tenant) -> dict[str, Any]:
    """The RFC 8414 document of a tenant, as it is seen at the host that was asked: every address begins with it."""
    issuer = tenant.issuer
    registration = {"registration_endpoint": issuer + REGISTER_PATH}
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE_PATH,
        "token_endpoint": issuer + TOKEN_PATH,
        "device_authorization_endpoint": issuer + DEVICE_AUTHORIZATION_PATH,
        "revocation_endpoint": issuer + REVOKE_PATH,
        "introspection_endpoint": issuer + INTROSPECT_PATH,
        "jwks_uri": issuer + JWKS_PATH,
        "scopes_supported": list(scopes.ADVERTISED),
        "response_types_supported": ["code"],
        "response_modes_supported": RESPONSE_MODES,
        "grant_types_supported": [grant.value for grant in GrantType],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*CONFIDENTIAL, "none"],
        "token_endpoint_auth_signing_alg_values_supported": SIGNED_CLIENT_AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": [*CONFIDENTIAL, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": SIGNED_CLIENT_AUTHENTICATION,
        "introspection_endpoint_auth_methods_supported": CONFIDENTIAL,
        "introspection_endpoint_auth_signing_alg_values_supported": SIGNED_CLIENT_AUTHENTICATION,
        "introspection_signing_alg_values_supported": ["RS256", "ES256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": OutsidePolicy.takes_documents_in(tenant),
        "ui_locales_supported": ["en", "sv"],
        **(registration if RegistrationPolicy.of(tenant).is_on else {}),
    }


def openid_configuration(tenant: Tenant) -> dict[str, Any]:
    """The OpenID Provider's document: the same, and what OpenID Connect adds."""
    issuer = tenant.issuer
    return authorization_server_metadata(tenant) | {
        "userinfo_endpoint": issuer + USERINFO_PATH,
        "end_session_endpoint": issuer + LOGOUT_PATH,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "amr",
            "acr",
            "nonce",
            "at_hash",
            "name",
            "given_name",
            "family_name",
            "preferred_username",
            "updated_at",
            "email",
            "email_verified",
            "groups",
            "roles",
        ],
        "acr_values_supported": [assurance.context_class(issuer)],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def region_metadata() -> dict[str, Any]:
    """For applications that serve every tenant of the region: where to send people, and where to take what they bring.

    `issuer` is where this document is. The region answers nothing itself: the tenant that `iss` names does, and its
    own document then holds. So the region does not promise an `iss` of its own (RFC 9207 §2.4, §3).
    """
    region = region_issuer()
    return {
        "issuer": region,
        "authorization_endpoint": region + AUTHORIZE_PATH,
        "token_endpoint": region + TOKEN_PATH,
        "revocation_endpoint": region + REVOKE_PATH,
        "scopes_supported": list(scopes.ADVERTISED),
        "response_types_supported": ["code"],
        "response_modes_supported": RESPONSE_MODES,
        "grant_types_supported": list(REGION_GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*CONFIDENTIAL, "none"],
        "token_endpoint_auth_signing_alg_values_supported": SIGNED_CLIENT_AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": [*CONFIDENTIAL, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": SIGNED_CLIENT_AUTHENTICATION,
        "ui_locales_supported": ["en", "sv"],
    }
