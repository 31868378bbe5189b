"""Who does something in a tenant, and from where: the subject of every event (Q8)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..policy.effective_client import EffectiveClient

if TYPE_CHECKING:
    from .client import Client
    from .tenant import Tenant
    from .user import User


class Kind(models.TextChoices):
    """What somebody who acts is."""

    USER = "user", _("User")
    CLIENT = "client", _("OAuth client")
    TENANT = "tenant", _("Another tenant")
    OPERATOR = "operator", _("Operator")
    ANONYMOUS = "anonymous", _("Not signed in")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from which address. Without a user or client: see `operator` and `anonymous`."""

    user: "User | None" = None
    client: "Client | EffectiveClient | None" = None
    tenant: "Tenant | None" = None  # the acting tenant, if it is another one; its users are not named here
    address: str = ""
    is_operator: bool = False

    @classmethod
    def operator(cls) -> "Actor":
        """Whoever runs the region, at the command line."""
        return cls(is_operator=True)

    @classmethod
    def anonymous(cls, address: str = "") -> "Actor":
        """An unauthenticated caller, known only by the address; "" if there is none, as on a unix socket."""
        return cls(address=address)

    @property
    def kind(self) -> str:
        if self.user is not None:
            return Kind.USER
        if self.client is not None:
            return Kind.CLIENT
        if self.tenant is not None:
            return Kind.TENANT
        return Kind.OPERATOR if self.is_operator else Kind.ANONYMOUS

    @property
    def name(self) -> str:
        if self.user is not None:
            return self.user.email
        named = self.client or self.tenant
        return named.name if named is not None else ""
