"""Reads what is to be judged about the clients of a tenant, own and outside ones, a batch at a time (N10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..policy import posture
from ..policy.posture import Facts, Found, SecretFacts
from . import scope_use
from .connection import Connection
from .scope_use import ScopeUse
from .secret import ClientSecret


def connections_after(pk: int, most: int) -> list[Connection]:
    """The next connections of the active tenant behind `pk`, oldest first, with clients that were not deleted."""
    found: Any = Connection.objects.filter(pk__gt=pk, client__deleted_at=None)
    return list(found.select_related("client", "client__tenant").order_by("pk")[:most])


def found_of(connections: Sequence[Connection], now: datetime) -> dict[int, tuple[Found, ...]]:
    """Connection -> what should be looked at. Two queries, however many connections there are."""
    own = [one.client_id for one in connections if not one.is_foreign]
    secrets: dict[int, list[SecretFacts]] = {pk: [] for pk in own}
    for secret in ClientSecret.objects.filter(client__in=own, removed_at=None).order_by("created_at"):
        if not secret.life.works_at(now):
            continue
        secrets[secret.client_id].append(SecretFacts(secret.hint, secret.created_at, secret.last_used_at))
    uses = ScopeUse.of_clients([one.client_id for one in connections])
    return {
        one.pk: posture.findings(_facts(one, secrets.get(one.client_id, []), uses[one.client_id], now), now)
        for one in connections
    }


def _facts(
    connection: Connection, secrets: list[SecretFacts], uses: dict[str, ScopeUse], now: datetime
) -> Facts:
    client, outside = connection.client, connection.is_foreign
    return Facts(
        type=client.type,
        outside=outside,
        consent_method=connection.consent_method,
        redirect_uris=client.redirect_uris,
        scopes=connection.scopes if outside else client.allowed_scopes,
        grants=client.grant_types,
        algorithm=client.algorithm,
        accepts_no_pkce=client.accepts_no_pkce,
        contact_email=client.contact_email,
        secrets=secrets,
        given=_lately(uses, now),
        added_at=connection.approved_at if outside else client.created_at,
        last_used_at=connection.last_used_at if outside else client.last_used_at,
    )


def _lately(uses: dict[str, ScopeUse], now: datetime) -> set[str] | None:
    """The scopes that were given within the time that counts; None if the client is not known for so long."""
    if not scope_use.counted_long_enough(uses.values(), now, posture.IDLE_DAYS):
        return None
    first = (now - posture.IDLE).date()
    return {name for name, use in uses.items() if use.last_on >= first}
