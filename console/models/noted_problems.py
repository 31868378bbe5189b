"""Counts refusals of clients as problems (client_problem.py), beside requests.

Requests only note in the memory of their process; what was noted is written like the numbers of use_count.py, and is
lost with the process in the same way.

Strangers choose what they are refused for. A client has in one tenant only so many rows: a new one then takes the place
of the one that was seen least, and what is pushed out is counted on one row for all others. What strangers asked, what
people asked who were signed in, and what nobody chooses have shares of their own, so that a flood of one pushes out
nothing of the others; and one network has only a part of a share.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from ..policy import text
from ..policy.client_problems import Refusal
from ..policy.reasons import Reason
from ..policy.throttling import networks
from .client_problem import CALLERS, QUIET_AFTER, ClientProblem, Share
from .use_count import LONGEST_AGENT

SHARES = {Share.STRANGERS: 40, Share.SIGNED_IN: 30, Share.PLAIN: 30}  # different ones that are kept
MOST = sum(SHARES.values()) + 1  # rows of a client in a tenant, with the one for all others
PER_NETWORK = 8  # of what strangers or people chose
NOTED_AT_ONCE = 20  # different ones of a client, in a tenant and a share, between two writes of a process
MOST_NOTED = 2_000  # in all, between two writes of a process
WRITTEN = ["number", "last_at", "callers", "share"]

Key = tuple[Share, Refusal]


@dataclass(slots=True)
class _Noted:
    first: float
    number: int = 0
    callers: dict[tuple[str, str], float] = field(default_factory=dict)  # (address, agent) -> when last

    def add(self, number: int, callers: Iterable[tuple[tuple[str, str], float]]) -> None:
        self.number += number
        for caller, at in callers:
            self.callers.pop(caller, None)
            self.callers[caller] = at
        while len(self.callers) > CALLERS:
            del self.callers[next(iter(self.callers))]


_noted: dict[Key, _Noted] = {}
_different: Counter[tuple[UUID, int, Share, str]] = Counter()  # of all networks (""), and of each
_lock = Lock()


def note(refusal: Refusal, *, address: str, agent: str, signed_in: bool) -> None:
    """Notes one refusal, now. `agent` is what the program says of itself (User-Agent). Asks the database nothing."""
    now = timezone.now().timestamp()
    asking = Share.SIGNED_IN if signed_in else Share.STRANGERS
    key = (asking if refusal.chosen else Share.PLAIN, refusal)
    caller = address, text.one_line(agent[:LONGEST_AGENT], LONGEST_AGENT)
    with _lock:
        if key not in _noted and not _has_room(key, _source(key[0], address)):
            key = Share.OTHERS, Refusal(refusal.tenant_id, refusal.client_id, Reason.OTHERS.value)
            if key not in _noted and len(_noted) >= 2 * MOST_NOTED:
                return
        _noted.setdefault(key, _Noted(now)).add(1, [(caller, now)])


def _has_room(key: Key, source: str) -> bool:
    share, refusal = key
    place = refusal.tenant_id, refusal.client_id, share
    if len(_noted) >= MOST_NOTED or _different[*place, ""] >= NOTED_AT_ONCE:
        return False
    if source:
        if _different[*place, source] >= PER_NETWORK:
            return False
        _different[*place, source] += 1
    _different[*place, ""] += 1
    return True


def forget() -> None:
    """Drops what waits in this process."""
    with _lock:
        _noted.clear()
        _different.clear()


def write_noted() -> None:
    """Adds what was noted to the rows: a transaction for each client in a tenant. What cannot be written is kept."""
    waiting: dict[tuple[UUID, int], dict[Key, _Noted]] = {}
    with _lock:
        for key, noted in _noted.items():
            waiting.setdefault(key[1][:2], {})[key] = noted
        _noted.clear()
        _different.clear()
    try:
        for place in sorted(waiting):
            _write(*place, waiting[place])
            del waiting[place]
    finally:
        _keep(waiting.values())


def _keep(unwritten: Iterable[dict[Key, _Noted]]) -> None:
    with _lock:
        for kept in unwritten:
            for key, noted in kept.items():
                later = _noted.setdefault(key, noted)
                if later is not noted:
                    later.first = noted.first
                    later.add(noted.number, [*noted.callers.items(), *later.callers.items()])


def _write(tenant_id: UUID, client_id: int, noted: dict[Key, _Noted]) -> None:
    try:
        _add(tenant_id, client_id, noted)
    except IntegrityError:  # another process has made one of the rows in this moment: now it is there
        _add(tenant_id, client_id, noted)


@transaction.atomic
def _add(tenant_id: UUID, client_id: int, noted: dict[Key, _Noted]) -> None:
    """The rows are locked in their order, so that two processes never wait for one another in a circle."""
    there = ClientProblem._base_manager.filter(client=client_id, tenant=tenant_id)
    rows = {row.key: row for row in there.order_by("pk").select_for_update()}
    before, changed = set(rows), set()
    for (share, refusal), seen in noted.items():
        row = rows.setdefault(refusal.key, _row(share, refusal, seen))
        if share == Share.SIGNED_IN:
            row.share = share.value
        row.add(seen.number, [(*caller, at) for caller, at in seen.callers.items()])
        changed.add(row.key)
    pushed_out = list(_beyond(rows.values(), before))
    if pushed_out:
        others = Refusal(tenant_id, client_id, Reason.OTHERS.value)
        _count_as_others(rows, others, pushed_out)
        changed.add(others.key)
        there.filter(key__in=[row.key for row in pushed_out]).delete()
    kept = [rows[key] for key in sorted(changed - {row.key for row in pushed_out})]
    ClientProblem._base_manager.bulk_update([row for row in kept if row.key in before], WRITTEN)
    ClientProblem._base_manager.bulk_create([row for row in kept if row.key not in before])


def _count_as_others(
    rows: dict[str, ClientProblem], others: Refusal, pushed_out: list[ClientProblem]
) -> None:
    first = min(row.first_at for row in pushed_out).timestamp()
    last = max(pushed_out, key=lambda row: row.last_at)
    row = rows.setdefault(others.key, _row(Share.OTHERS, others, _Noted(first)))
    row.add(sum(row.number for row in pushed_out), [(*each[:2], each[2]) for each in last.callers])


def _row(share: Share, refusal: Refusal, seen: _Noted) -> ClientProblem:
    began = datetime.fromtimestamp(seen.first, UTC)
    return ClientProblem(
        tenant_id=refusal.tenant_id,
        client_id=refusal.client_id,
        key=refusal.key,
        reason=refusal.reason,
        grant=refusal.grant,
        asked=refusal.asked,
        secret_id=refusal.secret_id,
        share=share.value,
        source=_source(share, next(iter(seen.callers), ("", ""))[0]),
        first_at=began,
        last_at=began,
    )


def _source(share: Share, address: str) -> str:
    """The network of an address, so that it cannot be read back; "" of what nobody chooses.

    Of IPv6 not the narrowest: whoever rents a machine has thousands of those.
    """
    if share not in {Share.STRANGERS, Share.SIGNED_IN}:
        return ""
    narrow, *wider = networks(address)
    network = wider[0] if wider and ":" in narrow.name else narrow
    return hashlib.sha256(network.name.encode()).hexdigest()[:32]


def _beyond(rows: Iterable[ClientProblem], before: set[str]) -> Iterator[ClientProblem]:
    """The rows that there is no room for: never a new one, however many have been written already."""
    since = timezone.now() - QUIET_AFTER
    by_strength = sorted(
        rows,
        key=lambda row: (row.key not in before, row.ignored_at is not None, row.last_at >= since, row.number),
        reverse=True,
    )
    of_source: Counter[tuple[str, str]] = Counter()
    of_share: Counter[str] = Counter()
    for row in by_strength:
        if row.share == Share.OTHERS:
            continue
        of_source[row.share, row.source] += bool(row.source)
        if of_source[row.share, row.source] > PER_NETWORK or of_share[row.share] >= SHARES[Share(row.share)]:
            yield row
        else:
            of_share[row.share] += 1
