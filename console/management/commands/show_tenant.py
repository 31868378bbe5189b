"""`manage.py show_tenant ALIAS`."""

from typing import Any

from django.core.management.base import CommandParser
from django_scopes import scope

from console.management import descriptions
from console.management.operations import Operation, tenant_named
from console.models import Client, User


class Command(Operation):
    help = "Shows a tenant with its hosts and how many people and clients it has."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        with scope(tenant=tenant):
            result = descriptions.tenant(tenant) | {
                "hosts": descriptions.hosts(tenant),
                "users": User.objects.count(),
                "clients": Client.objects.filter(tenant=tenant).count(),
            }
        self.report(options, result, *descriptions.lines(result))
