"""The types of OAuth client and what each of them has (Q1, Q2, Q3). A client's type never changes."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class ClientType(StrEnum):
    """Qlik's `appType`."""

    WEB = "web"
    SPA = "spa"
    NATIVE = "native"


class Origin(StrEnum):
    """Who brought a client here (Q9)."""

    TENANT = "tenant"  # one of its administrators registered it
    DOCUMENT = "document"  # a Client ID Metadata Document, whose URL is the client ID
    REGISTRATION = "registration"  # it registered itself (RFC 7591)


class GrantType(StrEnum):
    """The grants of the token endpoint, by their registered names."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"
    CLIENT_CREDENTIALS = "client_credentials"
    USER_IMPERSONATION = "urn:qlik:oauth:user-impersonation"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class AuthMethod(StrEnum):
    """How a confidential client may prove who it is (Q3). `client_secret` covers Basic and body (RFC 6749 §2.3.1)."""

    CLIENT_SECRET = "client_secret"
    PRIVATE_KEY_JWT = "private_key_jwt"


MACHINE_GRANTS = frozenset({GrantType.CLIENT_CREDENTIALS, GrantType.USER_IMPERSONATION})


@dataclass(frozen=True, slots=True)
class Traits:
    """What a type of client has: which fields its form shows and which rules hold for it."""

    confidential: bool  # authenticates with a secret or a key (RFC 6749 §2.1)
    allowed_origins: bool  # may call the token endpoint from a browser (CORS)
    machine_grants: bool  # can hold client_credentials and user impersonation
    device_grant: bool  # can sign people in who use a browser on another device (RFC 8628)
    private_schemes: bool  # may register com.example.app:/callback (RFC 8252 §7.1)
    # What signs its ID tokens unless it is registered otherwise. Libraries of servers expect RS256 when nothing is
    # agreed (OpenID Connect Core §3.1.3.7, §15.1); those of pages and devices read the metadata.
    id_token_algorithm: str


TRAITS: dict[ClientType, Traits] = {
    ClientType.WEB: Traits(
        confidential=True,
        allowed_origins=False,
        machine_grants=True,
        device_grant=False,
        private_schemes=False,
        id_token_algorithm="RS256",
    ),
    ClientType.SPA: Traits(
        confidential=False,
        allowed_origins=True,
        machine_grants=False,
        device_grant=False,
        private_schemes=False,
        id_token_algorithm="ES256",
    ),
    ClientType.NATIVE: Traits(
        confidential=False,
        allowed_origins=False,
        machine_grants=False,
        device_grant=True,
        private_schemes=True,
        id_token_algorithm="ES256",
    ),
}


def traits(client_type: str) -> Traits:
    """The traits of a client type; ValueError for one that is not supported (anonymous-embed among them)."""
    return TRAITS[ClientType(client_type)]


def impersonates(grants: Collection[str]) -> bool:
    """Whether a client with these grants can act as any of the tenant's people, administrators included."""
    return GrantType.USER_IMPERSONATION in grants


def works_alone(grants: Collection[str]) -> bool:
    """Whether a client with these grants gets tokens in its own name, without a person."""
    return GrantType.CLIENT_CREDENTIALS in grants


def works_on_devices(grants: Collection[str]) -> bool:
    """Whether people sign in to a client with these grants by a code, in a browser on another device (RFC 8628)."""
    return GrantType.DEVICE_CODE in grants


def shows_allowed_origins(client_type: str, grants: frozenset[str] | set[str]) -> bool:
    """A web client that impersonates users may do so from a page of its own, so it too has allowed origins."""
    return traits(client_type).allowed_origins or GrantType.USER_IMPERSONATION in grants


def needs_redirect_url(client_type: str, grants: frozenset[str] | set[str]) -> bool:
    """Whether at least one redirect URL is required: always, except for a client that only machines use, and for one
    whose people sign in on another device."""
    has, held = traits(client_type), set(grants)
    without = (has.machine_grants and MACHINE_GRANTS & held) or (has.device_grant and works_on_devices(held))
    return not without


def serves_machines_alone(grants: Collection[str], redirect_uris: Collection[str]) -> bool:
    """Whether no person ever signs in with a client that has these grants and redirect URLs."""
    return bool(MACHINE_GRANTS & set(grants)) and not redirect_uris
