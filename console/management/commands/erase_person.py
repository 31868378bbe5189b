"""`manage.py erase_person TENANT EMAIL`: personal data goes out of the audit log, the events stay."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from console.management.operations import OPERATOR, Operation, printable, tenant_named
from console.models import event_erasure


class Command(Operation):
    help = "Erases a person who has left from the audit log of a tenant. Can be repeated, also after an interruption."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument(
            "email", metavar="EMAIL", help="which the person had; an account need not be there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        email = printable("EMAIL", options["email"], 254).lower()
        if "@" not in email:
            raise CommandError(f"{email} is no e-mail address.")
        try:
            erased = event_erasure.erase_person(tenant, email, by=OPERATOR)
        except event_erasure.StillActive:
            raise CommandError(
                f"{email} may still sign in, and would be written down again: run set_user with --inactive first."
            ) from None
        result = {"tenant": tenant.alias, "events": erased}
        self.report(options, result, f"Personal data was erased from {erased} events of {tenant.name}.")
