"""Token families that nothing keeps any more, and clients that were deleted long enough ago, with what is of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from console.models import (
    Client,
    ClientProblem,
    Connection,
    Consent,
    RedirectUser,
    RefreshToken,
    TokenFamily,
)
from console.models.client import DELETED_KEPT
from console.models.unfinished_act import ENDED_KEPT

from .expired_rows import Rows, of_each

LOOKS_AGAIN = timedelta(hours=1)  # at a family whose refresh tokens have expired and are still there


def remove_families(families: Rows, now: datetime, batch: int) -> tuple[int, bool]:
    """Deletes those of `families`, which are locked, that nothing keeps; of the others corrects until when.

    A family is kept by an access token that a server may still accept, and by a refresh token: also by a used one, so
    that its reuse is noticed. Of one that ended long ago refresh tokens keep nothing.
    """
    own = RefreshToken._base_manager.filter(family=OuterRef("pk"))
    found = families.values_list("pk", "access_expires_at", "ended_at", Exists(own))
    kept: list[UUID] = []
    over: dict[UUID, bool] = {}  # whether it has refresh tokens
    for pk, access_expires_at, ended_at, has_tokens in found:
        matters = ended_at is None or ended_at >= now - ENDED_KEPT
        if access_expires_at >= now or (has_tokens and matters):
            kept.append(pk)
        else:
            over[pk] = has_tokens
    if kept:
        _keep(families.filter(pk__in=kept), now)
    with_tokens = [pk for pk, has_tokens in over.items() if has_tokens]
    if with_tokens:
        tokens = RefreshToken._base_manager.filter(family__in=with_tokens).values_list("pk", flat=True)[
            :batch
        ]
        if RefreshToken._base_manager.filter(pk__in=list(tokens)).delete()[0] == batch:
            return 0, False
    if not over:
        return 0, True
    # Nothing else refers to a family, and the lock keeps it so: it need not be read first.
    return families.filter(pk__in=list(over))._raw_delete(families.db), True


def _keep(families: Rows, now: datetime) -> None:
    """Corrects until when they are kept: as long as their longest token, and so long that they are not found again."""
    own = RefreshToken._base_manager.filter(family=OuterRef("pk"))
    latest = own.order_by().values("family").annotate(latest=Max("expires_at")).values("latest")
    again = Value(now + LOOKS_AGAIN)
    families.update(kept_until=Greatest(F("access_expires_at"), Coalesce(Subquery(latest), again), again))


def remove_clients(now: datetime, batch: int) -> Iterator[int]:
    """Goes through the clients that can no longer be restored. What there can be a million of goes before the client.

    One that still has token families stays until they have gone: they have expired an hour later at most, or end with
    a setting that keeps refresh tokens for longer. Gives how many clients each step has removed.
    """
    deleted = Client.with_deleted_anywhere.filter(deleted_at__lt=now - DELETED_KEPT).order_by(
        "deleted_at", "pk"
    )
    further = deleted
    while (found := further.values_list("pk", "deleted_at").first()) is not None:
        pk, moment = found
        for model in (Consent, Connection, ClientProblem, RedirectUser):
            rows = model._base_manager.filter(client=pk)
            for _removed in of_each(rows, batch):
                yield 0
        yield _remove_client(deleted.filter(pk=pk))
        further = deleted.filter(Q(deleted_at__gt=moment) | Q(deleted_at=moment, pk__gt=pk))


def _remove_client(client: Rows) -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # The statistics can still count what has just been removed, and a long table would be read through.
                cursor.execute("SET LOCAL enable_seqscan = off")
        found = client.select_for_update(skip_locked=True).first()
        if found is None or TokenFamily._base_manager.filter(client=found).exists():
            return 0
        return found.delete()[1].get(Client._meta.label, 0)
