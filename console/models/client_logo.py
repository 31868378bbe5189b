"""The logo of a tenant's own client: kept as a picture, and shown where people decide about the client."""

from django.db import transaction

from ..policy.pictures import Logo
from .actor import Actor
from .client import Client
from .picture import Picture
from .tenant_settings import TenantSettings


def change(client: Client, picture: Logo | None, *, by: Actor) -> None:
    """Gives the client this logo, in all tenants at once; None takes it away. Raises ClientGone if it was deleted."""
    with transaction.atomic():
        client.tenant.lock()
        if picture is not None:
            shown = {TenantSettings.of(client.tenant).logo}
            Picture.keep(client.tenant, picture, shown=shown)
        client.edit(by=by, logo=picture.digest if picture else "")
