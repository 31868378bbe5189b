"""`manage.py set_user TENANT EMAIL [--role ROLE] [--active | --inactive] [--end-sessions] [--group NAME …]`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django_scopes import scope

from console.management.operations import OPERATOR, Operation, group_named, tenant_named, user_with
from console.models import LastAdministrator, LimitReached, User

SWITCHES = ("role", "active", "inactive", "end_sessions", "group", "no_group")


class Command(Operation):
    help = "Changes a user's role or groups, disables or enables them, or ends their sessions. All of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--role", choices=User.Role.values)
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument("--active", action="store_true", help="may sign in again")
        switch.add_argument("--inactive", action="store_true", help="may not sign in; every session ends")
        parser.add_argument(
            "--end-sessions", action="store_true", help="with browsers, and what applications hold"
        )

        parser.add_argument("--group", action="append", default=[], metavar="NAME", help="puts them into it")
        parser.add_argument("--no-group", action="append", default=[], metavar="NAME", help="and out of it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options[name] for name in SWITCHES):
            raise CommandError(
                "Say what to change: --role, --active, --inactive, --end-sessions, --group or --no-group."
            )
        tenant = tenant_named(options["tenant"])
        with scope(tenant=tenant), transaction.atomic():
            user = user_with(tenant, options["email"])
            try:
                changed = self._change(user, options)
            except LimitReached as limit:
                raise CommandError(f"A person can be in {limit.number} groups.") from None
            except LastAdministrator:
                raise CommandError(
                    f"{user.email} is the last administrator of {tenant.name} who may sign in. Make another one first."
                ) from None
        result = {
            "id": str(user.pk),
            "tenant": tenant.alias,
            "email": user.email,
            "role": user.role,
            "active": user.is_active,
            "changed": changed,
        }
        done = ", ".join(changed) or "nothing, it was so already"
        self.report(options, result, f"Changed for {user.email}: {done}.")

    @staticmethod
    def _change(user: User, options: dict[str, Any]) -> list[str]:
        """What has been changed, as the options name it. Who is disabled has no sessions left to end."""
        changed = []
        if options["active"] and user.enable(by=OPERATOR):
            changed.append("active")
        if options["role"] and user.change_role(options["role"], by=OPERATOR):
            changed.append("role")
        if options["inactive"]:
            if user.disable(by=OPERATOR) is not None:
                changed.append("inactive")
        elif options["end_sessions"]:
            user.end_sessions(by=OPERATOR)
            changed.append("end-sessions")
        changed += ["group" for name in options["group"] if group_named(user, name).add([user], by=OPERATOR)]
        changed += [
            "no-group" for name in options["no_group"] if group_named(user, name).drop(user, by=OPERATOR)
        ]
        return changed
