"""Clients of metadata documents that no tenant has anything to do with any more."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from console.models import Client, Connection, ConnectionRequest, MetadataDocument, TokenFamily
from console.models.metadata_document import UNUSED_KEPT

from .expired_rows import Rows


def remove_documents(documents: Rows, now: datetime, batch: int) -> tuple[int, bool]:
    """Of `documents`, which are locked, deletes the clients that no tenant is connected to and nobody asks for.

    The others are looked at again in a week, and so are those whose sessions have not all expired yet.
    """
    clients = Client.with_deleted_anywhere.filter(pk__in=documents.values("pk"))
    # Whoever connects or asks locks the client first: what is held, and what has been used since, stays.
    free = list(clients.select_for_update(skip_locked=True).values_list("pk", flat=True))
    of_client = {"client": OuterRef("pk")}
    used = clients.filter(
        Exists(Connection._base_manager.filter(**of_client))
        | Exists(ConnectionRequest._base_manager.filter(**of_client, status=ConnectionRequest.Status.OPEN))
        | Exists(TokenFamily._base_manager.filter(**of_client))
    )
    unused = set(free) - set(used.values_list("pk", flat=True))
    documents.exclude(pk__in=unused).update(kept_until=now + UNUSED_KEPT)
    removed = Client.with_deleted_anywhere.filter(pk__in=unused).delete()[1]
    return removed.get(MetadataDocument._meta.label, 0), True
