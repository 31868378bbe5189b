"""`/api/v1/users/me`: who the caller is (Q6)."""

from django.http import HttpResponse, JsonResponse

from ..requests import TenantRequest
from .authentication import Caller, needs, resource
from .representations import bot, person


@needs()
def show(request: TenantRequest, caller: Caller) -> HttpResponse:
    """The person of the access token, or the bot that a machine-to-machine client acts as."""
    live = caller.live
    if live.user is not None:
        return JsonResponse(person(live.user, live.scopes))
    return JsonResponse(bot(live.client, request.tenant))


me = resource(GET=show)
