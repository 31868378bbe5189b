"""What the owner of an OAuth client has registered, as a value (RFC 7591 §2 names the members)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from . import client_types, redirect_uris, scopes
from .client_types import AuthMethod, GrantType
from .publication import Terms

# The allow lists.
ADDRESSES = ("redirect_uris", "post_logout_redirect_uris", "allowed_origins")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Everything that its owner decides about a client. `type` never changes."""

    type: str
    name: str
    description: str = ""
    homepage_url: str = ""
    terms_url: str = ""
    privacy_url: str = ""
    contact_email: str = ""
    logo: str = ""  # the digest of a picture; "" for the first letter of the name
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    allowed_scopes: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ()
    auth_methods: tuple[str, ...] = ()
    public_keys: tuple[dict[str, Any], ...] = ()
    algorithm: str = "ES256"
    accepts_no_pkce: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Registration":
        """The registration with these values, lists made tuples. They may be of any type: whether they may be
        registered is for registration_rules.py to say. TypeError for a name that is no member."""
        members: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**members)

    @property
    def confidential(self) -> bool:
        """Whether the client proves who it is, with a secret or a key (RFC 6749 §2.1)."""
        return client_types.traits(self.type).confidential

    @property
    def machine(self) -> bool:
        """Whether the client can get tokens without a person."""
        return bool(client_types.MACHINE_GRANTS & set(self.grant_types))

    @property
    def machine_only(self) -> bool:
        """Whether no person ever signs in with this client."""
        return client_types.serves_machines_alone(self.grant_types, self.redirect_uris)

    @property
    def grants(self) -> frozenset[str]:
        """Every grant of the client: those it was registered for, and the code grant for people."""
        people = set() if self.machine_only else {GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}
        return frozenset(str(grant) for grant in people) | frozenset(self.grant_types)

    @property
    def default_redirect_uri(self) -> str | None:
        """The address to use when a request names none: only if there is exactly one (OAuth 2.1 §4.1.1)."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def allows_redirect_uri(self, uri: str) -> bool:
        """Whether `uri` is one of the redirect URLs (RFC 9700 §4.1.3, RFC 8252 §7.3)."""
        return any(redirect_uris.matches(uri, registered) for registered in self.redirect_uris)

    def allows_auth_method(self, method: AuthMethod) -> bool:
        """Whether the client may prove who it is in this way."""
        return self.confidential and method in self.auth_methods

    def allows_scopes(self, names: Iterable[str]) -> bool:
        """Whether every scope is within what the client was registered for (Q4)."""
        return scopes.within(names, self.allowed_scopes)

    def terms(self, publisher: str) -> Terms:
        """What another tenant approves when it connects; `publisher` is the name of the owner."""
        return Terms.of(
            allowed_scopes=self.allowed_scopes,
            redirect_uris_=[*self.redirect_uris, *self.post_logout_redirect_uris],
            grants=self.grant_types,
            publisher=publisher,
            origins=self.allowed_origins,
        )


# What the owner may change after creation, in the order in which it is shown and compared.
EDITABLE = tuple(member.name for member in fields(Registration) if member.name != "type")
