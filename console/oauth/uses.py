"""Counts what clients are given and refused, with the caller (P8, N1, N3, N4): see models/use_count.py."""

from uuid import UUID

from django.utils import timezone

from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Client, User, redirect_user, use_count, use_total
from ..policy import uses
from ..policy.effective_client import EffectiveClient
from ..policy.redirect_uris import matches
from ..policy.uses import Total, Use
from . import problems
from .authentication_outcome import Authenticated

AUTHORIZATION, INTROSPECTION, REVOCATION = uses.AUTHORIZATION, uses.INTROSPECTION, uses.REVOCATION


def count(
    request: TenantRequest,
    client: Client | EffectiveClient,
    grant: str,
    *,
    outcome: str = "",
    secret_id: UUID | None = None,
    redirect_uri: str = "",
    asked: str = "",
) -> None:
    """Counts one use. `outcome` is the Reason of a refusal, "" if there is none; `asked` is what was refused.

    `redirect_uri` is one that the client may use: what a stranger wrote into a refused request would make a row each
    time, and so would the port that a native application happens to listen on.
    """
    address, agent = client_address(request), request.META.get("HTTP_USER_AGENT", "")
    registered = _registered(client, redirect_uri) if redirect_uri else ""
    use = Use(request.tenant.pk, client.pk, grant, outcome, secret_id, registered)
    use_count.note(use, address=address, agent=agent)
    if outcome:
        problems.note(request, client, outcome, grant=grant, asked=asked, secret_id=secret_id)
    user = getattr(request, "user", None)
    if grant == AUTHORIZATION and registered and isinstance(user, User):
        redirect_user.note(request.tenant.pk, client.pk, registered, user.pk)


def count_refusal_of_unknown(request: TenantRequest) -> None:
    """Counts a refusal of which nobody can say whose it is: it is the tenant's alone."""
    use_total.note(request.tenant.pk, Total.REFUSAL)


def note_secret(request: TenantRequest, found: Authenticated, endpoint: str) -> None:
    """Notes and counts the use of a secret where no token is issued: a secret that only introspects is in use (N1)."""
    if found.secret is not None:
        found.secret.note_use(timezone.now())
        count(request, found.client, endpoint, secret_id=found.secret.id)


def _registered(client: Client | EffectiveClient, redirect_uri: str) -> str:
    """The redirect URL as it is registered. The console's own page for trying a client is not."""
    if redirect_uri in client.redirect_uris:
        return redirect_uri
    return next((each for each in client.redirect_uris if matches(redirect_uri, each)), redirect_uri)
