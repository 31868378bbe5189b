"""Token families, and what ending one ends. One answered authorization request begins a family (RFC 9700 §4.14.2).

Access tokens are signed and self-contained; no row is written for them. What a server must be able to take back is
the family: ending it kills its refresh token at once and makes introspection and our own APIs refuse its access
tokens. Client-credentials tokens have no family; they live as long as the client, its connection and the credential.

A family ends in one of two ways. Its own row says so (`ended_at`); or what it stands on has another generation than the
one that it was given under. The second needs no write to the family, so an act that ends a million of them is one
update of one row. Their rows follow in batches (models/unfinished_act.py).
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy.effective_client import EffectiveClient
from .prepared import PreparedQuery, PreparedUpdate
from .receipt import Receipt
from .tenant import Tenant
from .tenant_owned import TenantOwned
from .unfinished_act import UnfinishedAct

if TYPE_CHECKING:
    from .actor import Actor
    from .client import Client
    from .user import User


class TokenFamily(TenantOwned):
    """Every token that one authorization gave, from its code to its last refresh token."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        "console.Client", on_delete=models.CASCADE, related_name="token_families", db_index=False
    )
    user: "models.ForeignKey[User]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="token_families", db_index=False
    )
    grant_type = models.CharField(max_length=64)
    scope = models.TextField()
    auth_time = models.DateTimeField(null=True)
    began_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)
    # Until when a server that does not introspect may accept an access token of this family.
    access_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # absolute: no refreshing beyond it
    ended_at = models.DateTimeField(null=True, default=None)
    ended_reason = models.CharField(max_length=40, blank=True)
    # Under which it was given (EffectiveClient.generation, User.generation). It lives only while they are the same.
    generation = models.CharField(max_length=64, default="", db_default="")
    user_generation = models.PositiveIntegerField(default=0, db_default=0)
    # Labels that a client may send with the code (Q6): shown in the list of tokens.
    device_type = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("token family")
        verbose_name_plural = _("token families")
        indexes = [
            # What an end goes through, in batches: of a client everywhere, and of a client in one tenant.
            models.Index(
                fields=["client", "id"], condition=models.Q(ended_at=None), name="family_live_client"
            ),
            models.Index(
                fields=["tenant", "client", "id"],
                condition=models.Q(ended_at=None),
                name="family_live_tenant",
            ),
            models.Index(fields=["client", "tenant", "began_at"], name="family_begun"),
            models.Index(fields=["user", "client", "ended_at"], name="family_of_user"),
            models.Index(fields=["expires_at"], name="family_expiry"),
        ]

    @classmethod
    def find_live(cls, family_id: uuid.UUID, tenant: Tenant, client: EffectiveClient) -> "TokenFamily | None":
        """The family with this ID, with its person, if nothing has ended it."""
        return _LIVE_FAMILY.first(family_id, tenant.pk, client.pk, str(client.generation))

    def is_current(self, client: EffectiveClient) -> bool:
        """Whether what the family stands on is what it was given under."""
        return self.generation == str(client.generation) and self.user_generation == self.user.generation

    def use(self, now: datetime, access_expires_at: datetime) -> bool:
        """Notes that the family gets another access token. False if its row says that it has ended.

        Every write to a family waits for its row, so it cannot be ended while that token is made.
        """
        return bool(_USE_FAMILY.update(self.pk, now, access_expires_at))

    def end(self, *, reason: str) -> bool:
        """Ends this family. False if its row had been ended already."""
        live = TokenFamily.objects.filter(pk=self.pk, ended_at=None)
        return bool(live.update(ended_at=timezone.now(), ended_reason=reason))

    @classmethod
    def end_of_user(cls, user: "User", client: "Client", *, reason: str, by: "Actor") -> Receipt:
        """Ends what a client holds for one person, outstanding codes too. Call it in the transaction of the act.

        Sessions that begin afterwards live.
        """
        client.authorizationcode_set.filter(user=user).delete()
        return UnfinishedAct.carry_out(
            UnfinishedAct(
                tenant=user.tenant, user=user, client=client, ends=UnfinishedAct.Ends.OF_USER, reason=reason
            ),
            by=by,
        )


_LIVE_FAMILY = PreparedQuery(
    lambda pk, tenant_id, client_pk, generation: TokenFamily._base_manager.filter(
        ~models.Exists(UnfinishedAct.ending_of_user("user", "client", "began_at")),
        pk=pk,
        tenant=tenant_id,
        client=client_pk,
        generation=generation,
        ended_at=None,
        user__is_active=True,
        user__generation=models.F("user_generation"),
    ).select_related("user"),
    uuid.UUID,
    uuid.UUID,
    int,
    str,
)
_USE_FAMILY = PreparedUpdate(
    lambda pk, now, access_expires_at: (
        TokenFamily._base_manager.filter(pk=pk, ended_at=None),
        {"last_used_at": now, "access_expires_at": access_expires_at},
    ),
    uuid.UUID,
    datetime,
    datetime,
)
