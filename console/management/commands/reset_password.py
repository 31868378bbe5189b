"""`manage.py reset_password TENANT EMAIL`: for an account that somebody else may be in."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_scopes import scope

from console.mail.one_time_links import one_time_link
from console.management.operations import OPERATOR, Operation, tenant_named, user_with


class Command(Operation):
    help = "Ends a user's sessions and password, and prints a one-time link with which they choose a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        with scope(tenant=tenant):
            user = user_with(tenant, options["email"])
            if not user.is_active:
                raise CommandError(f"{user.email} is disabled: run set_user with --active first.")
            link = one_time_link(user, user.reset_password(by=OPERATOR))
        result = {"id": str(user.pk), "tenant": tenant.alias, "email": user.email, "link": link}
        self.report(
            options,
            result,
            f"The password of {user.email} and every session that they had have ended.",
            f"They choose a new password here, once, within three days: {link}",
        )
