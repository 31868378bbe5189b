"""Counts what clients are given and refused, with the caller (P8, N1, N3): see models/use_count.py."""

from uuid import UUID

from django.utils import timezone

from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Client, use_count, use_total
from ..policy import uses
from ..policy.effective_client import EffectiveClient
from ..policy.uses import Total, Use
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
) -> None:
    """Counts one use. `outcome` is the Reason of a refusal, "" if there is none.

    `redirect_uri` is a registered one: what a stranger wrote into a refused request would make a row each time.
    """
    use_count.note(
        Use(request.tenant.pk, client.pk, grant, outcome, secret_id, redirect_uri),
        address=client_address(request),
        agent=request.META.get("HTTP_USER_AGENT", ""),
    )


def count_refusal_of_unknown(request: TenantRequest) -> None:
    """Counts a refusal of which nobody can say whose it is: it is the tenant's alone."""
    use_total.note(request.tenant.pk, Total.REFUSAL)


def note_secret(request: TenantRequest, found: Authenticated, endpoint: str) -> None:
    """Notes and counts the use of a secret where no token is issued: a secret that only introspects is in use (N1)."""
    if found.secret is not None:
        found.secret.note_use(timezone.now())
        count(request, found.client, endpoint, secret_id=found.secret.id)
