"""What people have granted to clients, and what uses it now: read for the person's own page and for the console (P5).

A grant is a consent, or live sessions of a client that nobody was asked about: because the tenant trusts it, or trusted
it when they began, or because it acts in people's names by itself (impersonation).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.utils import timezone

from ..models import (
    Action,
    Actor,
    Client,
    Connection,
    Consent,
    Event,
    Reach,
    Receipt,
    RefreshToken,
    TokenFamily,
    User,
)
from ..models.counting import HowMany
from ..policy import scopes
from ..policy.client_types import GrantType
from .connection_standing import Stop, standing
from .scope_words import Apis, Area, apis_of, by_area

FEW = 1_000  # consents, and live sessions, up to which the people of a client are known by name


@dataclass(frozen=True, slots=True)
class Use:
    """What a client does for a person: since when, when last, how many sessions can still be used, and how many of
    them the client began by itself."""

    first: datetime | None = None
    last: datetime | None = None
    sessions: int = 0
    impersonating: int = 0

    @property
    def reach(self) -> Reach:
        """What an end would touch."""
        some = 1 if self.sessions else 0
        return Reach(tenants=some, people=some, sessions=self.sessions, last_activity=self.last)


@dataclass(frozen=True, slots=True)
class Grant:
    """One person and one client."""

    user: User
    client: Client
    consent: Consent | None
    use: Use
    trusted: bool
    stop: str  # why the client cannot be used in this tenant now, "" if it can
    apis: Apis = field(default_factory=dict)  # that scopes were granted of

    @property
    def areas(self) -> list[Area]:
        """What was granted, in words, without what another scope already contains."""
        return by_area(scopes.roots(self.consent.scopes), known=self.apis) if self.consent else []

    @property
    def since(self) -> datetime | None:
        return self.consent.given_at if self.consent else self.use.first


def of_people(people: Iterable[User], client: Client) -> list[Grant]:
    """The grants of these people to one client: four queries, however many there are, and one for their APIs."""
    members = list(people)
    consents = {c.user_id: c for c in Consent.objects.filter(user__in=members, client=client)}
    use = uses(TokenFamily.objects.filter(user__in=members, client=client), "user_id")
    trusted, stop = _here([client]).get(client.pk, (False, ""))
    apis = _apis(consents.values())
    return [
        Grant(user, client, consents.get(user.pk), use.get(user.pk, Use()), trusted, stop, apis)
        for user in members
    ]


def clients_of(user: User) -> "QuerySet[Client]":
    """The clients that hold a grant of a person and have not been deleted: first those with a consent, by name."""
    consents = Consent.objects.filter(user=user).values("client")
    sessions = TokenFamily.objects.filter(_alive(), user=user).order_by().values("client")
    return (
        # A union and not two conditions: for "either of these" PostgreSQL reads every client of the region.
        Client.with_deleted_anywhere.filter(pk__in=consents.union(sessions), deleted_at=None)
        .select_related("tenant")
        .annotate(unasked=~Exists(Consent.objects.filter(user=user, client=OuterRef("pk"))))
        .order_by("unasked", "name", "pk")
    )


def of_person(user: User, clients: Iterable[Client]) -> list[Grant]:
    """The grants of a person to these clients: three queries, however many there are, and one for their APIs."""
    clients = list(clients)
    consents = {c.client_id: c for c in Consent.objects.filter(user=user, client__in=clients)}
    use = uses(TokenFamily.objects.filter(user=user, client__in=clients), "client_id")
    here, apis = _here(clients), _apis(consents.values())
    return [
        Grant(
            user,
            client,
            consents.get(client.pk),
            use.get(client.pk, Use()),
            *here.get(client.pk, (False, "")),
            apis,
        )
        for client in clients
    ]


def _apis(consents: Iterable[Consent]) -> Apis:
    return apis_of({name for consent in consents for name in consent.scopes})


def one(user: User, client: Client) -> Grant | None:
    """The grant of one person to one client, if there is one."""
    found = of_people([user], client)[0]
    return found if found.consent or found.use.sessions else None


def holders(client: Client) -> "tuple[QuerySet[User], HowMany]":
    """The people of this tenant who have granted something to a client, or hold a session with it, and how many.

    A few are known by name first: to look for them among all people would read those who have nothing to do with it.
    Many are met often enough on the way through a list of all people.
    """
    sessions = TokenFamily.objects.filter(_alive(), user=OuterRef("pk"), client=client)
    consents = Consent.objects.filter(user=OuterRef("pk"), client=client)
    few = _few(client)
    if few is None:
        # Not Exists: for two of them PostgreSQL gathers everybody's consents before it looks at the first person.
        people = User.objects.alias(
            consented=Subquery(consents.values("pk")[:1]), signed_in=Subquery(sessions.values("pk")[:1])
        )
        found = people.filter(Q(consented__isnull=False) | Q(signed_in__isnull=False))
        return found, HowMany(FEW, more=True)
    return User.objects.filter(pk__in=few), HowMany(len(few))


def _few(client: Client) -> set[UUID] | None:
    """Who holds something of a client in this tenant; None if they are looked for in more than FEW rows."""
    consents = list(Consent.objects.filter(client=client).values_list("user_id", flat=True)[: FEW + 1])
    live = TokenFamily.objects.filter(client=client, ended_at=None, expires_at__gt=timezone.now()).order_by()
    usable = ExpressionWrapper(_alive(), output_field=BooleanField())
    sessions = list(live.annotate(usable=usable).values_list("user_id", "usable")[: FEW + 1])
    if max(len(consents), len(sessions)) > FEW:
        return None
    return {*consents, *(user for user, usable in sessions if usable)}


def numbers(people: Iterable[User]) -> dict[UUID, int]:
    """person -> how many clients hold a grant of theirs. Two queries, however many people there are."""
    members = list(people)
    live = TokenFamily.objects.filter(_alive(), user__in=members, client__deleted_at=None)
    consents = Consent.objects.filter(user__in=members, client__deleted_at=None)
    pair = ("user_id", "client_id")
    pairs = set(consents.values_list(*pair)) | set(live.order_by().values_list(*pair).distinct())
    counted: dict[UUID, int] = {}
    for person, _client in pairs:
        counted[person] = counted.get(person, 0) + 1
    return counted


def uses(families: "QuerySet[TokenFamily]", key: str) -> dict[Any, Use]:
    """What the families of each `key` (user_id or client_id) amount to: one query."""
    rows = (
        families.order_by()
        .values(key)
        .annotate(
            first=Min("began_at", filter=_alive()),
            last=Max("last_used_at"),
            sessions=Count("pk", filter=_alive()),
            impersonating=Count("pk", filter=_alive() & Q(grant_type=GrantType.USER_IMPERSONATION)),
        )
    )
    return {row.pop(key): Use(**row) for row in rows}


def end_sessions(user: User, client: Client, *, reason: str, by: Actor) -> Receipt:
    """Ends what a client holds for a person whom it was never asked about: there is no consent to withdraw."""
    with transaction.atomic():
        receipt = TokenFamily.end_of_user(user, client, reason=reason, by=by)
        Event.record(
            user.tenant,
            Action.TOKENS_REVOKED,
            by=by,
            target=client,
            details={"user": user.email} | receipt.details,
        )
    return receipt


def _alive() -> Q:
    """A family that can still be used: its access token has time left, or a refresh token of it has."""
    now = timezone.now()
    refreshable = RefreshToken.objects.filter(family=OuterRef("pk"), revoked=None, expires_at__gt=now)
    return Q(ended_at=None, expires_at__gt=now) & (Q(access_expires_at__gt=now) | Q(Exists(refreshable)))


def _here(clients: Iterable[Client]) -> dict[int, tuple[bool, str]]:
    """client -> whether this tenant trusts it, and what stops it here."""
    connections = Connection.objects.filter(client__in=list(clients)).select_related("client__tenant")
    return {
        connection.client_id: (connection.consent_method == Connection.Method.TRUSTED, _stop(connection))
        for connection in connections
    }


def _stop(connection: Connection) -> str:
    if connection.is_foreign:
        return next(iter(standing(connection).stops), "")
    return Stop.DISABLED if connection.client.disabled_at else ""
