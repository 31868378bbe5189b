"""`manage.py list_apis TENANT`."""

from typing import Any

from django.core.management.base import CommandParser
from django_scopes import scope

from console.management import descriptions
from console.management.listing import Listing
from console.management.operations import tenant_named
from console.models import Api


class Command(Listing):
    help = "Lists the APIs that a tenant owns by identifier."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        with scope(tenant=tenant):
            self.show(options, "apis", Api.objects.filter(tenant=tenant), "identifier", descriptions.api)
