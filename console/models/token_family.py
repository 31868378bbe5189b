"""Token families, and what ending one ends. One answered authorization request begins a family (RFC 9700 §4.14.2).

Access tokens are signed and self-contained; no row is written for them. What a server must be able to take back is
the family: ending it kills its refresh token at once and makes introspection and our own APIs refuse its access
tokens. Client-credentials tokens have no family; they live as long as the client, its connection and the credential.

A family ends in one of two ways. Its own row says so (`ended_at`); or what it stands on has another generation than the
one that it was given under. The second needs no write to the family, so an act that ends a million of them is one
update of one row. Their rows follow in batches (models/unfinished_act.py).
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy.effective_client import EffectiveClient
from .prepared_writes import PreparedUpdate, Update
from .receipt import Receipt
from .tenant_owned import TenantOwned
from .unfinished_act import UnfinishedAct

if TYPE_CHECKING:
    from .actor import Actor
    from .client import Client
    from .user import User

UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


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
    # Until then something of it counts: a token, or that it has ended. `manage.py expire` goes by it, and looks once
    # more at what it finds: rows that never got it are at the beginning.
    kept_until = models.DateTimeField(default=UNKNOWN, db_default=UNKNOWN)
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
            models.Index(fields=["kept_until"], name="family_kept"),
        ]

    def is_current(self, client: EffectiveClient) -> bool:
        """Whether what the family stands on is what it was given under."""
        return self.generation == str(client.generation) and self.user_generation == self.user.generation

    def noted_use(self, now: datetime, access_expires_at: datetime) -> Update:
        """The update that notes another access token; it changes no row if the family's row says that it has ended.

        Every write to a family waits for its row, so it cannot be ended while that token is made.
        """
        return _USE_FAMILY, (self.pk, now, access_expires_at, self.keeps_until(now, access_expires_at))

    def keeps_until(self, now: datetime, access_expires_at: datetime) -> datetime:
        """Until when a family is kept that gets an access token and a refresh token now.

        Rounded up to a time of the day that is the family's own: refreshing writes to the index once a day, and not
        all families of a day are due in the same moment.
        """
        limit = max(access_expires_at, min(now + settings.REFRESH_TOKEN_IDLE, self.expires_at))
        midnight = limit.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        moment = midnight + timedelta(seconds=self.pk.int % (24 * 3600))
        return moment if moment >= limit else moment + timedelta(days=1)

    def end(self, *, reason: str) -> bool:
        """Ends this family. False if its row had been ended already."""
        live = TokenFamily.objects.filter(pk=self.pk, ended_at=None)
        return bool(live.update(**UnfinishedAct.end_of_family(timezone.now(), reason)))

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


_USE_FAMILY = PreparedUpdate(
    lambda pk, now, access_expires_at, kept_until: (
        TokenFamily._base_manager.filter(pk=pk, ended_at=None),
        {"last_used_at": now, "access_expires_at": access_expires_at, "kept_until": kept_until},
    ),
    uuid.UUID,
    datetime,
    datetime,
    datetime,
)
