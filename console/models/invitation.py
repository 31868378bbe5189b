"""Invitations: somebody who has no account yet is sent a link, and gets the account when they choose a password (P11).

Who is invited is nobody yet: no application can act for them, no group holds them, and there is nothing to end when the
invitation is withdrawn. An invitation that has expired stays in the list for a while, where it can be sent again.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from . import sealing
from .action import Action
from .actor import Actor
from .event import Event
from .limits import LimitReached
from .tenant import Tenant
from .tenant_owned import TenantOwned
from .user import User

LIMIT = "invitations_per_hour"
HOUR = timedelta(hours=1)
SENDING = (Action.INVITATION_SENT, Action.INVITATION_RESENT)
TOKEN_LENGTH = 43  # 256 random bits
MOST_AT_ONCE = 50  # in one transaction
KEPT = timedelta(days=30)  # after it has expired


@dataclass(frozen=True, slots=True)
class Invited:
    """One of those who are to be invited: `email` in lower case."""

    email: str
    name: str = ""


class AlreadyThere(Exception):
    """Some addresses have an account, or have been invited. `accounts` and `invited` are sets of them."""

    def __init__(self, accounts: set[str], invited: set[str]) -> None:
        super().__init__()
        self.accounts, self.invited = accounts, invited


class TooManyInvitations(LimitReached):
    """As many invitations have been sent in the tenant within an hour as may be. `until`: when there may be more."""

    def __init__(self, until: datetime) -> None:
        super().__init__(LIMIT)
        self.until = until


class Invitation(TenantOwned):
    """One address in one tenant that may become a user, by a link that works once and for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email"), max_length=254)
    name = models.CharField(_("name"), max_length=255, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=User.Role.choices, default=User.Role.USER)
    # In which the mail is written, and the pages until the person chooses another.
    language = models.CharField(max_length=10, blank=True, default="")
    invited_by = models.CharField(max_length=320, blank=True)
    digest = models.CharField(max_length=64)
    # Whether the present link went to the address by mail: who opens it has shown that the address is theirs.
    mailed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [models.UniqueConstraint(fields=["tenant", "email"], name="invitation_email_in_tenant")]
        indexes = [
            models.Index(fields=["expires_at"], name="invitation_expiry"),
            models.Index(fields=["tenant", "-sent_at", "id"], name="invitation_newest"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        return self.name or self.email

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    # --- Verbs of an administrator -----------------------------------------------------------------------------------

    @classmethod
    def send(
        cls, tenant: Tenant, people: Sequence[Invited], *, role: str, language: str, mailed: bool, by: Actor
    ) -> "list[tuple[Invitation, str]]":
        """Invites up to MOST_AT_ONCE people, all or none: each with the token of their link, which is kept nowhere.

        Call it in the transaction in which the mails are written. Raises AlreadyThere and TooManyInvitations.
        """
        if len(people) > MOST_AT_ONCE:
            raise ValueError(f"At most {MOST_AT_ONCE} at once.")
        made = []
        with transaction.atomic():
            tenant.lock()
            cls._check_are_new(tenant, [one.email for one in people])
            cls._check_limit(tenant, len(people))
            for one in people:
                row = cls(tenant=tenant, email=one.email, name=one.name, role=role, language=language)
                row.invited_by = by.name
                token = row._new_link(mailed)
                row.save(force_insert=True)
                Event.record(tenant, Action.INVITATION_SENT, by=by, target=row, details=row._details)
                made.append((row, token))
        return made

    def send_again(self, *, mailed: bool, by: Actor) -> str:
        """A new link, whose token is returned; the one before stops working.

        Raises TooManyInvitations, and DoesNotExist if it was accepted or withdrawn meanwhile.
        """
        with transaction.atomic():
            self.tenant.lock()
            self._check_limit(self.tenant, 1)
            self.refresh_from_db(from_queryset=Invitation._base_manager.select_for_update(no_key=True))
            token = self._new_link(mailed)
            self.save(update_fields=["digest", "mailed", "sent_at", "expires_at"])
            Event.record(self.tenant, Action.INVITATION_RESENT, by=by, target=self, details=self._details)
        return token

    def withdraw(self, *, by: Actor) -> bool:
        """The link stops working. False if the invitation was accepted or withdrawn already."""
        with transaction.atomic():
            if not Invitation._base_manager.filter(pk=self.pk).delete()[0]:
                return False
            Event.record(self.tenant, Action.INVITATION_WITHDRAWN, by=by, target=self)
        return True

    # --- The invited person ------------------------------------------------------------------------------------------

    @classmethod
    def with_link(cls, key: uuid.UUID, token: str) -> "Invitation | None":
        """The invitation of the active tenant whose present link has this token, if it has not expired."""
        found: Invitation | None = cls.objects.select_related("tenant").filter(pk=key).first()
        if found is None or found.has_expired or found.digest not in sealing.digests(f"invitation {token}"):
            return None
        return found

    @property
    def person(self) -> User:
        """Who they would be: for judging a password, not in the database."""
        return User(tenant=self.tenant, email=self.email, name=self.name, role=self.role)

    def accept(self, password: str, *, address: str) -> User | None:
        """Makes the person a user with this password. None if the link was used, renewed or withdrawn meanwhile, or
        the address has got an account by other means. `address`: where in the network they are."""
        person = self.person
        person.email_verified_at = timezone.now() if self.mailed else None
        person.language = self.language
        person.set_password(password)
        try:
            with transaction.atomic():
                mine = Invitation._base_manager.filter(pk=self.pk, digest=self.digest)
                if not mine.delete()[0]:
                    return None
                person.save(force_insert=True)
                by = Actor(user=person, address=address)
                details = {"role": self.role} | ({"email_verified": True} if self.mailed else {})
                Event.record(self.tenant, Action.INVITATION_ACCEPTED, by=by, target=person, details=details)
        except IntegrityError:
            return None
        return person

    # ------------------------------------------------------------------------------------------------------------------

    def _new_link(self, mailed: bool) -> str:
        token = get_random_string(TOKEN_LENGTH)
        self.digest, self.mailed = sealing.digest(f"invitation {token}"), mailed
        self.sent_at = timezone.now()
        self.expires_at = self.sent_at + settings.INVITATION_LIFETIME
        return token

    @property
    def _details(self) -> dict[str, Any]:
        return {"role": self.role, "works_until": self.expires_at.isoformat(timespec="seconds")}

    @classmethod
    def _check_are_new(cls, tenant: Tenant, emails: Iterable[str]) -> None:
        """Addresses stand in lower case everywhere."""
        emails = list(emails)
        accounts = User._base_manager.filter(tenant=tenant, email__in=emails).values_list("email", flat=True)
        invited = cls._base_manager.filter(tenant=tenant, email__in=emails).values_list("email", flat=True)
        found = set(accounts), set(invited)
        if any(found):
            raise AlreadyThere(*found)

    @staticmethod
    def _check_limit(tenant: Tenant, more: int) -> None:
        """The audit log knows how many were sent: also those that were withdrawn since, for whom mail went out too."""
        most, now = settings.LIMITS[LIMIT], timezone.now()
        since = now - HOUR
        moments: list[datetime] = []
        for action in SENDING:  # each is read from an index, newest first
            sent = Event._base_manager.filter(tenant=tenant, action=action, happened_at__gt=since)
            moments += sent.order_by("-happened_at", "-id").values_list("happened_at", flat=True)[:most]
        moments.sort(reverse=True)
        if len(moments) + more > most:
            # As many of the newest as leave room for these must be an hour old.
            place = max(most - more, 0)
            raise TooManyInvitations(moments[place] + HOUR if place < len(moments) else now + HOUR)
