"""Groups of people in a tenant, by name. Applications read in which of them somebody is: the claim `groups` (P11)."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from .action import Action
from .actor import Actor
from .event import Event
from .limits import LimitReached
from .tenant import Tenant
from .tenant_owned import TenantOwned
from .user import User

NAME_LENGTH = 64  # of a name: each stands in every ID token of a member that asks for it
DESCRIPTION_LENGTH = 500
CALLED = Lower("name")  # the order of lists, and what no two groups of a tenant have in common
LIMIT = "groups_of_person"


class GroupNameTaken(Exception):
    """Another group of the tenant has this name, however it is capitalised."""


class Present(models.Manager["Group"]):
    """The groups that have not been deleted."""

    def get_queryset(self) -> models.QuerySet["Group"]:
        return super().get_queryset().filter(deleted_at=None)


class Group(TenantOwned):
    """Some people of a tenant. A deleted one counts nowhere any more; its rows are removed in batches (expiry.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    description = models.CharField(_("description"), max_length=DESCRIPTION_LENGTH, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    # How many people are in it: kept by the verbs, so that no list counts a hundred thousand rows.
    size = models.PositiveIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True, default=None)

    objects: Any = ScopedManager(tenant="tenant", _manager_class=Present)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.UniqueConstraint(
                "tenant", Lower("name"), condition=models.Q(deleted_at=None), name="group_name_in_tenant"
            )
        ]
        indexes = [
            models.Index(
                fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="group_deleted"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def create(cls, tenant: Tenant, name: str, *, by: Actor, description: str = "") -> "Group":
        """A new group without members. Raises GroupNameTaken."""
        group = cls(tenant=tenant, name=name, description=description)
        with transaction.atomic():
            group._write(force_insert=True)
            Event.record(tenant, Action.GROUP_CREATED, by=by, target=group)
        return group

    def edit(self, *, name: str, description: str, by: Actor) -> bool:
        """Changes name and description; False if they are so already. Raises GroupNameTaken."""
        with transaction.atomic():
            self._lock()
            before = {"name": self.name, "description": self.description}
            after = {"name": name, "description": description}
            changes = {
                field: [before[field], after[field]] for field in after if before[field] != after[field]
            }
            if not changes:
                return False
            self.name, self.description = name, description
            self._write(update_fields=["name", "description"])
            Event.record(self.tenant, Action.GROUP_UPDATED, by=by, target=self, changes=changes)
        return True

    def remove(self, *, by: Actor) -> bool:
        """Deletes the group: from now on nobody is in it. False if somebody else had done it already."""
        with transaction.atomic():
            deleted = Group._base_manager.filter(pk=self.pk, deleted_at=None).update(
                deleted_at=timezone.now()
            )
            if not deleted:
                return False
            Event.record(self.tenant, Action.GROUP_DELETED, by=by, target=self, details={"people": self.size})
        return True

    def add(self, people: Iterable[User], *, by: Actor) -> list[User]:
        """Puts people of the tenant into the group, a page of them at most; those who were not in it.

        Raises LimitReached if one of them is in as many groups as a claim can name: then nobody is added.
        """
        keys = [person.pk for person in people]
        with transaction.atomic():
            self._lock()
            # In the order of their keys, so that no deadlock is possible: their numbers of groups stay as they are.
            own = User._base_manager.filter(tenant=self.tenant_id, pk__in=keys).order_by("pk")
            new = GroupMember.without(self, list(own.select_for_update(no_key=True)))
            GroupMember._base_manager.bulk_create(
                GroupMember(tenant_id=self.tenant_id, group=self, user=person) for person in new
            )
            for person in new:
                self._note(Action.GROUP_MEMBER_ADDED, person, by)
            self._count(len(new))
        return new

    def drop(self, person: User, *, by: Actor) -> bool:
        """Takes somebody out of the group; False if they were not in it."""
        with transaction.atomic():
            self._lock()
            if not GroupMember._base_manager.filter(group=self, user=person).delete()[0]:
                return False
            self._count(-1)
            self._note(Action.GROUP_MEMBER_REMOVED, person, by)
        return True

    @classmethod
    def of(cls, person: User) -> "models.QuerySet[Group]":
        """The groups that somebody is in, by name: `groups_of_person` at most."""
        groups = cls._base_manager.filter(members__user=person, tenant=person.tenant_id, deleted_at=None)
        return groups.order_by(CALLED)

    @classmethod
    def names_of(cls, person: User) -> list[str]:
        """The claim `groups`: as many names as a claim may hold. One statement."""
        return list(cls.of(person).values_list("name", flat=True)[: settings.LIMITS[LIMIT]])

    def _lock(self) -> None:
        """The group as it is now. Raises DoesNotExist if it has been deleted meanwhile."""
        present = Group._base_manager.filter(deleted_at=None).select_for_update(no_key=True)
        self.refresh_from_db(from_queryset=present)

    def _write(self, **how: Any) -> None:
        try:
            with transaction.atomic():
                self.save(**how)
        except IntegrityError:
            raise GroupNameTaken from None

    def _count(self, more: int) -> None:
        if more:
            self.size += more
            Group._base_manager.filter(pk=self.pk).update(size=models.F("size") + more)

    def _note(self, action: Action, person: User, by: Actor) -> None:
        """About the person: it stands in their history, and the group's name is a detail."""
        details = {"group": self.name, "group_id": str(self.pk)}
        Event.record(self.tenant, action, by=by, target=person, details=details)


class GroupMember(TenantOwned):
    """That somebody is in a group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members", db_index=False)
    user: models.ForeignKey[User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="group_member")]
        indexes = [models.Index(fields=["group", "id"], name="group_member_of_group")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"

    @classmethod
    def without(cls, group: Group, people: Sequence[User]) -> list[User]:
        """Those of `people` who are not in the group. Raises LimitReached if one of these is in too many others."""
        rows = cls._base_manager.filter(user__in=people, group__deleted_at=None)
        inside = set(rows.filter(group=group).values_list("user_id", flat=True))
        numbers = dict(rows.order_by().values_list("user_id").annotate(models.Count("pk")))
        new = [person for person in people if person.pk not in inside]
        if any(numbers.get(person.pk, 0) >= settings.LIMITS[LIMIT] for person in new):
            raise LimitReached(LIMIT)
        return new


def remove_members(groups: Any, now: datetime, batch: int) -> tuple[int, bool]:
    """For expiry: rows of deleted groups, a batch of members at a time, and then the groups themselves."""
    members = GroupMember._base_manager.filter(group__in=groups.values("pk")).order_by("group", "pk")
    keys = list(members.values_list("pk", flat=True)[:batch])
    if keys:
        return GroupMember._base_manager.filter(pk__in=keys).delete()[0], False
    return groups.delete()[0], True
