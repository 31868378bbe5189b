"""`manage.py move_tenant TENANT HOST`: another canonical host, and so another issuer."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from console.management import descriptions
from console.management.operations import OPERATOR, Operation, host_of_a_tenant, tenant_named
from console.models import HostTaken


class Command(Operation):
    help = "Makes HOST canonical. The hosts before stay aliases: what was set up with them goes on working."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("host", metavar="HOST", help="name[:port]")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant, host = tenant_named(options["tenant"]), host_of_a_tenant(options["host"])
        before = tenant.issuer
        try:
            changed = tenant.move_to(host, by=OPERATOR)
        except HostTaken:
            raise CommandError(f"{host} belongs to another tenant.") from None
        result = {
            "alias": tenant.alias,
            "hosts": descriptions.hosts(tenant),
            "issuer": tenant.issuer,
            "before": before,
            "changed": changed,
        }
        told = f"The issuer of {tenant.name} is now {tenant.issuer}. {before} goes on working."
        self.report(options, result, told if changed else f"{host} is canonical already.")
