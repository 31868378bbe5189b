"""What needs an administrator: a line for each kind, with how many there are and where each is dealt with (P8, N1, N3).

A kind is a function: it reads the first MOST of its things, in the active tenant, and gives None if there are none. To
add one, write it and name it in KINDS, the most urgent first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..http.tenancy import current_tenant
from ..models import ClientSecret, Connection, ConnectionRequest, SigningKey
from ..models.counting import HowMany, known
from ..models.failing import failing
from ..models.outside_connections import OUTSIDE
from ..models.stored_secret import UNUSED_SINCE
from ..policy.client_types import GrantType
from .moments import exactly

MOST = 25  # things of one kind that are read and named
TRIED_WITHIN = timedelta(hours=24)
EXPIRE_WITHIN = timedelta(days=30)
UNUSED_FOR = timedelta(days=90)
KEYS_LAST = timedelta(days=365)
VERSIONS_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that needs somebody: what it is called, and the page where it is dealt with. `detail` is "" or more."""

    name: str
    href: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """All things of one kind. `tone` is "danger", "warning" or ""; `href` leads to all of them, "" if no page does."""

    kind: str
    icon: str
    tone: str
    title: str
    text: str
    places: Sequence[Place] = ()
    href: str = ""


def lines(now: datetime) -> list[Line]:
    """What needs attention in the active tenant, the most urgent first."""
    return [line for kind in KINDS if (line := kind(now)) is not None]


def failing_clients(now: datetime) -> Line | None:
    """Clients that fail now: models/failing.py says which."""
    found = failing(now, MOST + 1)
    if not found:
        return None
    return Line(
        "failing",
        "warning",
        "danger",
        _counted(ngettext("{number} client is failing", "{number} clients are failing", len(found)), found),
        _("Refused in the last 24 hours, and nothing has worked since."),
        [_client(each, "client_problems") for each in found[:MOST]],
    )


def tried_secrets(now: datetime) -> Line | None:
    """Secrets that were removed, disabled or have expired, and that somebody still uses."""
    tried = ClientSecret.still_tried(current_tenant(), TRIED_WITHIN).filter(client__deleted_at=None)
    found = [secret for secret in tried[: 2 * MOST] if not secret.works][: MOST + 1]
    if not found:
        return None
    title = ngettext(
        "{number} secret that no longer works is still being used",
        "{number} secrets that no longer work are still being used",
        len(found),
    )
    return Line(
        "tried",
        "lock",
        "danger",
        _counted(title, found),
        _("Tried in the last 24 hours. Whoever uses them needs the new secret."),
        [_secret(each, each.last_tried_from) for each in found[:MOST]],
    )


def stuck_machines(now: datetime) -> Line | None:
    """Own clients that are meant to get tokens in their own name, and can get none (Q2)."""
    own = Connection.objects.annotate(grants=Cast("client__grant_types", TextField())).filter(
        consent_method=Connection.Method.REQUIRED,
        client__tenant=F("tenant"),
        client__deleted_at=None,
        client__disabled_at=None,
        grants__contains=f'"{GrantType.CLIENT_CREDENTIALS.value}"',
    )
    found = list(own.select_related("client")[: MOST + 1])
    if not found:
        return None
    title = ngettext(
        "{number} machine client can’t get tokens", "{number} machine clients can’t get tokens", len(found)
    )
    return Line(
        "stuck",
        "machine",
        "warning",
        _counted(title, found),
        _("The consent method is “Required”, but there is nobody to ask."),
        [_client(each, "client") for each in found[:MOST]],
    )


def open_requests(now: datetime) -> Line | None:
    """Applications that people of this tenant have asked for."""
    waiting = ConnectionRequest.objects.filter(status=ConnectionRequest.Status.OPEN)
    found = list(waiting.order_by("opened_at").select_related("client")[: MOST + 1])
    if not found:
        return None
    listing = reverse("connection_requests")
    return Line(
        "requests",
        "mail",
        "",
        _counted(ngettext("{number} request is waiting", "{number} requests are waiting", len(found)), found),
        _("People in this tenant want to use applications published by others."),
        [Place(each.client.name, listing) for each in found[:MOST]],
        listing,
    )


def waiting_versions(now: datetime) -> Line | None:
    """Clients of other tenants that ask for more than this one has approved (N5)."""
    newer = Connection.objects.filter(
        OUTSIDE, status=Connection.Status.APPROVED, client__version__gt=F("version")
    )
    read = newer.select_related("client__tenant").order_by("client")[:VERSIONS_LOOKED_AT]
    found = [each for each in read if each.pending_version is not None][: MOST + 1]
    if not found:
        return None
    title = ngettext(
        "{number} new version is awaiting approval", "{number} new versions are awaiting approval", len(found)
    )
    return Line(
        "versions",
        "refresh",
        "",
        _counted(title, found),
        _("Until you accept them, these applications keep what you approved earlier."),
        [Place(each.client.name, reverse("connection_version", args=[each.pk])) for each in found[:MOST]],
    )


def expiring_secrets(now: datetime) -> Line | None:
    """Secrets that stop working soon (P1)."""
    found = list(ClientSecret.expiring(current_tenant(), EXPIRE_WITHIN)[: MOST + 1])
    if not found:
        return None
    title = ngettext(
        "{number} secret expires within 30 days", "{number} secrets expire within 30 days", len(found)
    )
    return Line(
        "expiring",
        "clock",
        "warning",
        _counted(title, found),
        _("Generate a new one and deploy it before the old one stops working."),
        [_secret(each) for each in found[:MOST]],
    )


def unused_secrets(now: datetime) -> Line | None:
    """Secrets that work, and that nobody has used for long."""
    alive = ClientSecret.objects.filter(removed_at=None, client__deleted_at=None, client__disabled_at=None)
    alive = alive.filter(disabled_at=None)
    unused = alive.annotate(since=UNUSED_SINCE).filter(since__lt=now - UNUSED_FOR).order_by("since")
    found = list(unused.select_related("client")[: MOST + 1])
    if not found:
        return None
    title = ngettext(
        "{number} secret has not been used for 90 days",
        "{number} secrets have not been used for 90 days",
        len(found),
    )
    return Line(
        "unused",
        "clock",
        "",
        _counted(title, found),
        _("Remove the ones that nobody needs."),
        [_secret(each) for each in found[:MOST]],
    )


def old_keys(now: datetime) -> Line | None:
    """Signing keys that nobody has rotated for a year. Whoever runs the server does that, by a command."""
    old = SigningKey.objects.filter(retires_at=None, created_at__lt=now - KEYS_LAST)
    oldest = old.order_by("created_at").values_list("created_at", flat=True).first()
    if oldest is None:
        return None
    text = _("Created on {day}. Ask the people who run this server to run: {command}").format(
        day=exactly(oldest), command=f"manage.py rotate_signing_key {current_tenant().alias}"
    )
    rotations = f"{reverse('events')}?action=signing_key.rotated"
    return Line("keys", "shield", "", _("The signing keys are more than a year old"), text, (), rotations)


KINDS: tuple[Callable[[datetime], Line | None], ...] = (
    failing_clients,
    tried_secrets,
    stuck_machines,
    open_requests,
    waiting_versions,
    expiring_secrets,
    unused_secrets,
    old_keys,
)


def _counted(title: str, found: Sequence[Any]) -> str:
    """The title with how many there are: "25+" if there are more than are named."""
    number: HowMany = known(MOST, len(found))
    return title.format(number=f"{number.number}+" if number.more else number.number)


def _client(connection: Connection, page: str) -> Place:
    """A client: an own one leads to a part of its page, another tenant's to that of the connection."""
    client = connection.client
    if connection.is_foreign:
        return Place(client.name, reverse("connection", args=[connection.pk]))
    return Place(client.name, reverse(page, args=[client.client_id]))


def _secret(secret: ClientSecret, caller: str = "") -> Place:
    """A secret, as its client and its end. `caller` is the address that it was tried from last."""
    detail = _("…{hint}, from {address}") if caller else "…{hint}"
    return Place(
        secret.client.name,
        reverse("secrets", args=[secret.client.client_id]),
        detail.format(hint=secret.hint, address=caller),
    )
