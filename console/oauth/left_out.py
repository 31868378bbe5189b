"""Scopes that were asked for and are not the client's: left out, and told to its owner (AZ-21).

The names are the caller's own text, and anybody can write an address: few of them are kept, each short, and repeated
requests are counted on one row.
"""

from ..http import sessions
from ..http.requests import TenantRequest
from ..models import Action, Actor, Event, Tenant
from ..policy import scopes
from ..policy.reasons import Reason
from . import problems
from .authorization_request import AuthorizationRequest
from .uses import AUTHORIZATION


def tell(request: TenantRequest, asked: AuthorizationRequest) -> None:
    """Tells the owner, and notes it as a problem of the client in this tenant."""
    if asked.left_out:
        left_out = scopes.join(scopes.in_short(asked.left_out))
        problems.note(request, asked.client, Reason.SCOPES_LEFT_OUT, grant=AUTHORIZATION, asked=left_out)
        tell_owner(request, asked)


def tell_owner(request: TenantRequest, asked: AuthorizationRequest) -> None:
    """Tells the tenant that the client belongs to, which learns nothing of another tenant's people. A client that no
    organisation registered has nobody else to tell than the tenant that uses it.

    Where nothing was left out, which is usual, nothing is written.
    """
    if not asked.left_out:
        return
    at_home = not asked.client.is_foreign or not asked.client.has_owner
    Event.refuse(
        asked.tenant if at_home else Tenant.objects.get(pk=asked.client.publisher_id),
        Action.AUTHORIZATION_NARROWED,
        by=sessions.actor(request) if at_home else Actor(tenant=asked.tenant),
        reason=Reason.SCOPES_LEFT_OUT,
        target=asked.client,
        details={"scope": scopes.join(asked.scopes), "left_out": scopes.in_short(asked.left_out)},
    )
