"""`manage.py add_host TENANT HOST`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from console.management import descriptions
from console.management.operations import OPERATOR, Operation, host_of_a_tenant, tenant_named
from console.models import HostTaken


class Command(Operation):
    help = (
        "Gives a tenant a further host, an alias of its canonical one. Servers know it within half a minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("host", metavar="HOST", help="name[:port]")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant, host = tenant_named(options["tenant"]), host_of_a_tenant(options["host"])
        try:
            changed = tenant.add_host(host, by=OPERATOR)
        except HostTaken:
            raise CommandError(f"{host} belongs to another tenant.") from None
        result = {"alias": tenant.alias, "hosts": descriptions.hosts(tenant), "changed": changed}
        told = f"{tenant.name} is reached at {host} too." if changed else f"{tenant.name} had {host} already."
        self.report(options, result, told)
