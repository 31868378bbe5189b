"""`manage.py rotate_signing_key [TENANT]`."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django_scopes import scope

from console.management.operations import (
    OPERATOR,
    Operation,
    check_that_oauth_clients_are_supported,
    tenant_named,
)
from console.models import Api, SigningKey, Tenant


class Command(Operation):
    help = "Publishes new signing keys, which sign once every cache has them; the old ones stay as long as needed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", nargs="?", help="alias; every tenant if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        check_that_oauth_clients_are_supported()
        tenants = (
            [tenant_named(options["tenant"])] if options["tenant"] else list(Tenant.objects.order_by("alias"))
        )
        rotated: list[dict[str, Any]] = []
        for tenant in tenants:
            with scope(tenant=tenant):
                longest = timedelta(seconds=Api.longest_lifetime(tenant))
                keys = SigningKey.rotate(tenant, by=OPERATOR, longest=longest)
            rotated.append(
                {
                    "tenant": tenant.alias,
                    "keys": [
                        {"kid": key.kid, "alg": key.algorithm, "signs_from": key.signs_from.isoformat()}
                        for key in keys
                    ],
                }
            )
        self.report(
            options,
            {"rotated": rotated},
            *(f"{one['tenant']}: new keys sign from {one['keys'][0]['signs_from']}." for one in rotated),
        )
