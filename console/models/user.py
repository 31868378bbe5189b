"""A person in one tenant."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.tokens import default_token_generator
from django.db import models, transaction
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from ..policy.roles import Permission, may
from .action import Action
from .actor import Actor
from .event import Event
from .prepared import PreparedQuery
from .receipt import Receipt
from .tenant import Tenant
from .tenant_owned import OwnRow
from .unfinished_act import UnfinishedAct

# What somebody is called in lists, to sort by. Without parameters: SQLite would not find them in an index.
CALLED = Lower(
    Coalesce(
        models.Func("name", template="NULLIF(%(expressions)s, '')"), "email", output_field=models.CharField()
    )
)


class LastAdministrator(Exception):
    """The change would leave the tenant without an administrator who can sign in."""


class OwnAccount(Exception):
    """Nobody disables themselves or changes their own role."""


class User(OwnRow, AbstractBaseUser):
    """Belongs to exactly one tenant and signs in on its host. The ID is the `sub` of tokens and is never reused."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", _("Tenant administrator")
        AUDITOR = "auditor", _("Auditor")
        USER = "user", _("User")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    email = models.EmailField(_("email"), max_length=254)
    # When an operator vouched for it; null for one that nobody has.
    email_verified_at = models.DateTimeField(null=True, default=None)
    name = models.CharField(_("name"), max_length=255, blank=True)
    given_name = models.CharField(max_length=255, blank=True, default="", db_default="")
    family_name = models.CharField(max_length=255, blank=True, default="", db_default="")
    # When what applications may know of the person last changed; null means when they were created.
    updated_at = models.DateTimeField(null=True, default=None)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.USER)
    is_active = models.BooleanField(_("active"), default=True)
    # In which they last used the pages, "" if they never have: what they are sent by e-mail is in it too.
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    # Counts how often everything that applications hold for this person was ended; codes and families name this number.
    generation = models.PositiveIntegerField(default=0, db_default=0)

    # The e-mail address is only unique within a tenant; what names a user everywhere is the ID.
    USERNAME_FIELD = "id"
    EMAIL_FIELD = "email"

    objects: Any = ScopedManager(tenant="tenant", _manager_class=BaseUserManager)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(fields=["tenant", "email"], name="user_email_in_tenant")]
        indexes = [models.Index("tenant", CALLED, "id", name="user_called")]

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        return self.name or self.email

    def may(self, permission: Permission) -> bool:
        """Whether this person holds a permission in their own tenant."""
        return self.is_active and may(self.role, permission)

    @classmethod
    def active(cls, tenant: Tenant, user_id: uuid.UUID) -> "User | None":
        """The person of `tenant` with this ID, if they may sign in. Asked in every request of a signed-in person."""
        user = _ACTIVE.first(tenant.pk, user_id)
        if user is not None:
            user.tenant = tenant
        return user

    @classmethod
    def invite(
        cls,
        tenant: Tenant,
        email: str,
        *,
        by: Actor,
        name: str = "",
        given_name: str = "",
        family_name: str = "",
        email_verified: bool = False,
        role: str = "user",
        password: str | None = None,
    ) -> "User":
        """Creates a user; without a password they choose one through a one-time link. E-mail is kept in lower case.

        The name, if none is given, is the given name and the family name. `email_verified`: `by` vouches for it.
        """
        user = cls(tenant=tenant, email=email.strip().lower(), name=name.strip(), role=role)
        user.given_name, user.family_name = given_name.strip(), family_name.strip()
        user.name = user.name or f"{user.given_name} {user.family_name}".strip()
        user.email_verified_at = timezone.now() if email_verified else None
        user.set_password(password)
        with transaction.atomic():
            user.save(force_insert=True)
            details = {"role": role} | ({"email_verified": True} if email_verified else {})
            Event.record(tenant, Action.USER_CREATED, by=by, target=user, details=details)
        return user

    def verify_email(self, *, by: Actor) -> bool:
        """Notes that `by` vouches for the address. False if somebody has already."""
        now = timezone.now()
        with transaction.atomic():
            unverified = User._base_manager.filter(pk=self.pk, email_verified_at=None)
            if not unverified.update(email_verified_at=now, updated_at=now):
                return False
            self.email_verified_at = self.updated_at = now
            Event.record(self.tenant, Action.USER_EMAIL_VERIFIED, by=by, target=self)
        return True

    def rename(self, name: str, *, by: Actor) -> bool:
        """Changes what the person is called; False if it is so already. The log does not keep the name itself."""
        with transaction.atomic():
            others = User._base_manager.filter(pk=self.pk).exclude(name=name)
            if not others.update(name=name, updated_at=timezone.now()):
                return False
            self.name = name
            Event.record(self.tenant, Action.USER_UPDATED, by=by, target=self, details={"field": "name"})
        return True

    def create_link(self, *, by: Actor) -> str:
        """The token of a one-time link with which this person chooses a new password. It is kept nowhere."""
        with transaction.atomic():
            Event.record(self.tenant, Action.USER_LINK_CREATED, by=by, target=self)
        return default_token_generator.make_token(self)

    def choose_password(self, password: str, *, by: Actor) -> None:
        """Sets the password. Every session that began with the old one ends (its hash no longer fits), and so does
        what applications hold for this person: whoever knew the old password may have let them in."""
        self.set_password(password)
        with transaction.atomic():
            self.save(update_fields=["password"])
            receipt = self._end_everything("password changed", by=by)
            Event.record(self.tenant, Action.USER_PASSWORD_SET, by=by, target=self, details=receipt.details)

    def change_role(self, role: str, *, by: Actor) -> bool:
        """Gives this person another role; False if they have it already.

        Raises OwnAccount, or LastAdministrator if nobody else administers the tenant.
        """
        with transaction.atomic():
            self._lock_to_change()
            if self.role == role:
                return False
            self._check_can_lose_role(by)
            before, self.role = self.role, role
            self.save(update_fields=["role"])
            changes = {"role": [before, role]}
            Event.record(self.tenant, Action.USER_ROLE_CHANGED, by=by, target=self, changes=changes)
        return True

    def disable(self, *, by: Actor) -> Receipt | None:
        """Ends every session of this person, with browsers and with applications, and lets them sign in no more.

        None if they were disabled already. Raises OwnAccount, or LastAdministrator if nobody else administers the
        tenant.
        """
        with transaction.atomic():
            self._lock_to_change()
            if not self.is_active:
                return None
            self._check_can_lose_role(by)
            self.is_active = False
            self.save(update_fields=["is_active"])
            receipt = self._end_everything("person disabled", by=by)
            Event.record(self.tenant, Action.USER_DISABLED, by=by, target=self, details=receipt.details)
        return receipt

    def enable(self, *, by: Actor) -> bool:
        """Lets a disabled person sign in again; False if they were not disabled. What had ended stays ended."""
        with transaction.atomic():
            self._lock_to_change()
            if self.is_active:
                return False
            self.is_active = True
            self.save(update_fields=["is_active"])
            Event.record(self.tenant, Action.USER_ENABLED, by=by, target=self)
        return True

    def end_sessions(self, *, by: Actor) -> Receipt:
        """Ends every session of this person, with browsers and with applications. They can sign in again."""
        with transaction.atomic():
            receipt = self._end_everything("ended by an administrator", by=by)
            Event.record(self.tenant, Action.USER_SESSIONS_ENDED, by=by, target=self, details=receipt.details)
        return receipt

    def withdraw_grants(self, *, by: Actor) -> tuple[int, Receipt]:
        """Deletes every consent of this person and ends every session: how many consents, and the receipt."""
        with transaction.atomic():
            receipt = self._end_everything("grants withdrawn by an administrator", by=by)
            given: Any = self
            consents = given.consents.model._base_manager.filter(user=self)
            number: int = consents.delete()[1].get(consents.model._meta.label, 0)  # codes go with them
            details = {"consents": number} | receipt.details
            Event.record(self.tenant, Action.USER_GRANTS_WITHDRAWN, by=by, target=self, details=details)
        return number, receipt

    def reset_password(self, *, by: Actor) -> str:
        """Makes the password useless and ends every session: for an account that somebody else may be in.

        Returns the token of a one-time link, as `create_link` does. Earlier links stop working.
        """
        self.set_unusable_password()
        with transaction.atomic():
            self.save(update_fields=["password"])
            receipt = self._end_everything("password reset", by=by)
            Event.record(self.tenant, Action.USER_PASSWORD_RESET, by=by, target=self, details=receipt.details)
        return default_token_generator.make_token(self)

    def _lock_to_change(self) -> None:
        """Reads what this person may do, and keeps it as it is: the last administrator is one of the whole tenant."""
        self.tenant.lock()
        self.refresh_from_db(fields=["role", "is_active"])

    def _check_can_lose_role(self, by: Actor) -> None:
        if by.user is not None and by.user.pk == self.pk:
            raise OwnAccount
        if self.role != self.Role.ADMINISTRATOR or not self.is_active:
            return
        administrators = User._base_manager.filter(
            tenant=self.tenant_id, role=self.Role.ADMINISTRATOR, is_active=True
        )
        if not administrators.exclude(pk=self.pk).exists():
            raise LastAdministrator

    def _end_everything(self, reason: str, *, by: Actor) -> Receipt:
        """Ends all sessions, in the transaction of the act. Browsers' end because they know the generation as well."""
        User._base_manager.filter(pk=self.pk).update(generation=models.F("generation") + 1)
        self.refresh_from_db(fields=["generation"])
        act = UnfinishedAct(tenant=self.tenant, user=self, ends=UnfinishedAct.Ends.OF_PERSON, reason=reason)
        return UnfinishedAct.carry_out(act, by=by)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session keeps, and is compared with in every request: of the password and the generation."""
        known = f"{self.password}\0{self.generation}" if self.generation else self.password
        return salted_hmac(f"{__name__}.session", known, secret=secret, algorithm="sha256").hexdigest()

    def signed_in(self, language: str, *, by: Actor) -> None:
        """Notes a successful sign-in, and the language of the page."""
        self.last_login, self.language = timezone.now(), language
        with transaction.atomic():
            self.save(update_fields=["last_login", "language"])
            Event.record(self.tenant, Action.SESSION_STARTED, by=by, target=self)

    def reads(self, language: str) -> None:
        """Notes that this person chose a language for the pages."""
        self.language = language
        self.save(update_fields=["language"])

    def signed_out(self, *, by: Actor, details: Mapping[str, str] | None = None) -> None:
        """Notes that the person ended their session."""
        Event.record(self.tenant, Action.SESSION_ENDED, by=by, target=self, details=dict(details or {}))


_ACTIVE = PreparedQuery(
    lambda tenant_id, user_id: User._base_manager.filter(tenant=tenant_id, pk=user_id, is_active=True),
    uuid.UUID,
    uuid.UUID,
)
