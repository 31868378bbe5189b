"""`manage.py create_link TENANT EMAIL`: for somebody who cannot sign in any more."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_scopes import scope

from console.mail.one_time_links import one_time_link
from console.management.operations import OPERATOR, Operation, printable, tenant_named
from console.models import User


class Command(Operation):
    help = "Prints a one-time link with which a user chooses a new password. The old one stays until they do."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        email = printable("EMAIL", options["email"], 254).lower()
        with scope(tenant=tenant):
            user = User.objects.filter(email=email, is_active=True).select_related("tenant").first()
            if user is None:
                raise CommandError(f"{email} is no user of {tenant.name} who may sign in.")
            link = one_time_link(user, user.create_link(by=OPERATOR))
        result = {"id": str(user.pk), "tenant": tenant.alias, "email": user.email, "link": link}
        self.report(options, result, f"They choose a new password here, once, within three days: {link}")
