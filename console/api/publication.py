"""`/api/v1/oauth-clients/{clientId}/actions/publish` and `…/unpublish`: whether other tenants may connect (S6, S7)."""

from django.db import transaction

from ..http.requests import TenantRequest
from ..models import ApisNotPublished, Client, NotPublishable, reach
from .answers import Publication, Receipt
from .authentication import MANAGING, Caller
from .bodies import Connected, Unpublishing
from .errors import ApiError, not_found
from .exchange import exchanges
from .representations import publication, receipt
from .resources import needs_right, resource
from .subjects import client_in_address


@needs_right(MANAGING, about=client_in_address)
@exchanges(gives=Publication, status=201)
def publish(request: TenantRequest, caller: Caller, client_id: str) -> Publication:
    """Makes a client of this tenant available to every tenant of the region; one that is published stays so."""
    with transaction.atomic():
        client = _own_client(client_id)
        if client.published_at is None:
            try:
                client.publish(by=caller.actor)
            except ApisNotPublished as unpublished:
                raise ApiError(
                    400, f"It has scopes of APIs that are not published: {unpublished}. Publish them first."
                ) from None
            except NotPublishable:
                raise ApiError(
                    400, "It has no redirect URL: another tenant connects when it sends somebody to sign in."
                ) from None
    return publication(client)


@needs_right(MANAGING, about=client_in_address)
@exchanges(takes=Unpublishing, gives=Receipt)
def unpublish(request: TenantRequest, caller: Caller, client_id: str, sent: Unpublishing) -> Receipt:
    """Nobody can connect any more; those that are connected stay or end at once. The answer is the receipt."""
    with transaction.atomic():
        client = _own_client(client_id)
        served = reach.served(client).count()
        ended = client.unpublish(by=caller.actor, connected_stay=sent.connected == Connected.STAY)
    return receipt(ended, tenants=served if ended else 0)


def _own_client(client_id: str) -> Client:
    """The live client of this tenant with this client ID, locked. Raises ApiError with 404 for any other."""
    clients = Client.objects.select_for_update(no_key=True)
    client: Client | None = clients.filter(client_id=client_id).first() if client_id.isprintable() else None
    if client is None:
        raise not_found()
    return client


published = resource(POST=publish)
unpublished = resource(POST=unpublish)
