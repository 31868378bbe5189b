"""`manage.py list_tenants`."""

from typing import Any

from console.management import descriptions
from console.management.listing import Listing
from console.models import Tenant


class Command(Listing):
    help = "Lists the tenants of the region by alias."

    def handle(self, *args: Any, **options: Any) -> None:
        self.show(options, "tenants", Tenant.objects.all(), "alias", descriptions.tenant)
