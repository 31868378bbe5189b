"""`manage.py verify_email TENANT EMAIL`: an operator vouches for the address of somebody who exists already."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_scopes import scope

from console.management.operations import OPERATOR, Operation, printable, tenant_named
from console.models import User


class Command(Operation):
    help = "Notes that the e-mail address is the user's own: applications read email_verified from then on."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        email = printable("EMAIL", options["email"], 254).lower()
        with scope(tenant=tenant):
            user = User.objects.filter(email=email).select_related("tenant").first()
            if user is None:
                raise CommandError(f"{email} is no user of {tenant.name}.")
            changed = user.verify_email(by=OPERATOR)
        result = {"id": str(user.pk), "tenant": tenant.alias, "email": user.email, "changed": changed}
        self.report(options, result, f"{user.email} is verified{'' if changed else ' already'}.")
