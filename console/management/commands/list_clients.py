"""`manage.py list_clients TENANT`."""

from typing import Any

from django.core.management.base import CommandParser
from django_scopes import scope

from console.management import descriptions
from console.management.listing import Listing
from console.management.operations import tenant_named
from console.models import Client


class Command(Listing):
    help = "Lists the OAuth clients that a tenant owns by client ID."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        with scope(tenant=tenant):
            self.show(
                options, "clients", Client.objects.filter(tenant=tenant), "client_id", descriptions.client
            )
