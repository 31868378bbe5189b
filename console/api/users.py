"""`/api/v1/users/me`: who the caller is (Q6)."""

from ..http.requests import TenantRequest
from . import answers
from .authentication import Caller
from .exchange import exchanges
from .representations import bot, person
from .resources import needs_right, resource


@needs_right()
@exchanges(gives=answers.Caller)
def show(request: TenantRequest, caller: Caller) -> answers.Caller:
    """The person of the access token, or the bot that a machine-to-machine client acts as."""
    live = caller.live
    if live.user is not None:
        return person(live.user, live.scopes)
    return bot(live.client, request.tenant)


me = resource(GET=show)
