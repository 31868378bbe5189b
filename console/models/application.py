"""What django-oauth-toolkit asks an application, answered from what its owner registered."""

from typing import TYPE_CHECKING, Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from oauth2_provider.models import AbstractApplication

from ..policy import redirect_uris
from .toolkit import Checkable

if TYPE_CHECKING:
    from ..policy.registration import Registration


class Application(Checkable, AbstractApplication):
    """The base of Client. Everything in it is asked by django-oauth-toolkit, by these names."""

    # What django-oauth-toolkit keeps in these columns has a place of its own here: secrets are a table, grants a list,
    # "skip" is the tenant's consent method, and nobody owns a client but its tenant.
    user = None
    client_secret = None
    hash_client_secret = None
    skip_authorization = None
    authorization_grant_type = None
    registration_source = None
    cimd_expires_at = None
    created = None
    updated = None

    if TYPE_CHECKING:  # of the model
        redirect_uris: Any
        post_logout_redirect_uris: Any
        allowed_origins: Any

        @property
        def registration(self) -> Registration: ...
        @property
        def is_enabled(self) -> bool: ...

    class Meta:
        abstract = True

    @property
    def client_type(self) -> str:
        """What RFC 6749 §2.1 calls it."""
        return self.CLIENT_CONFIDENTIAL if self.registration.confidential else self.CLIENT_PUBLIC

    @property
    def default_redirect_uri(self) -> str | None:
        """The address to use when a request names none."""
        return self.registration.default_redirect_uri

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a code may be sent to `uri`."""
        return self.registration.allows_redirect_uri(uri)

    def post_logout_redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a person may be sent to `uri` after signing out."""
        return any(redirect_uris.matches(uri, registered) for registered in self.post_logout_redirect_uris)

    def origin_allowed(self, origin: str) -> bool:
        """Whether a page of `origin` may call the token endpoint."""
        return origin in self.allowed_origins

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether it is registered for one of `grant_types`."""
        return bool(self.registration.grants & set(grant_types))

    def is_usable(self, request: object) -> bool:
        """Asked wherever a client is loaded."""
        return self.is_enabled

    def get_allowed_schemes(self) -> list[str]:
        """To which kinds of address a code may be sent: those of its redirect URLs."""
        return sorted({uri.partition(":")[0] for uri in self.redirect_uris})

    @property
    def jwk_key(self) -> NoReturn:
        """No client has a key that signs: what it is given is signed by the tenant (signing_key.py)."""
        raise ImproperlyConfigured("Tokens are signed with the keys of the tenant, not of the client.")
