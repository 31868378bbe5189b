"""`manage.py remove_host TENANT HOST`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from console.management import descriptions
from console.management.operations import OPERATOR, Operation, host_of_a_tenant, tenant_named
from console.models import CanonicalHost


class Command(Operation):
    help = "Takes an alias away from a tenant. Servers forget it within half a minute."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("host", metavar="HOST", help="name[:port]")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant, host = tenant_named(options["tenant"]), host_of_a_tenant(options["host"])
        try:
            changed = tenant.remove_host(host, by=OPERATOR)
        except CanonicalHost:
            raise CommandError(f"{host} is the canonical host. Run move_tenant first.") from None
        if not changed:
            raise CommandError(f"{host} is no host of {tenant.name}.")
        result = {"alias": tenant.alias, "hosts": descriptions.hosts(tenant), "changed": True}
        self.report(options, result, f"{tenant.name} is no longer reached at {host}.")
