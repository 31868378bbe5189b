"""`/api/v1/users/me`: who the caller is (Q6)."""

from django.http import HttpResponse, JsonResponse

from ..models import LiveToken
from ..requests import TenantRequest
from .authentication import bearer
from .representations import bot, person


@bearer("GET", "HEAD")
def me(request: TenantRequest, live: LiveToken) -> HttpResponse:
    """The person of the access token, or the bot that a machine-to-machine client acts as."""
    return JsonResponse(person(live.user, live.scopes) if live.user is not None else bot(live.client))
