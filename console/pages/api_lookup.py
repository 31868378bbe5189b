"""Which API a page is about."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.shortcuts import get_object_or_404

from ..http.requests import PageRequest
from ..models import Api

MOST_ID = 2**31 - 1


def own_api(api_id: int, *, lock: bool = False) -> Api:
    """The live API of this tenant with this ID; 404 for any other, whether or not it exists elsewhere."""
    apis = Api.objects.select_for_update(no_key=True) if lock else Api.objects.select_related("tenant")
    api: Api = get_object_or_404(apis, pk=min(api_id, MOST_ID))
    return api


@contextmanager
def api_to_change(request: PageRequest, api_id: int) -> Iterator[Api]:
    """The same API. Of a POST its row is locked to the end of the block: what was checked is what is changed."""
    if request.method != "POST":
        yield own_api(api_id)
        return
    with transaction.atomic():
        yield own_api(api_id, lock=True)
