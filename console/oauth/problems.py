"""Notes refusals that somebody can do something about (N4): see models/noted_problems.py."""

from uuid import UUID

from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Client, User, noted_problems
from ..policy import text
from ..policy.client_problems import ABOUT, LONGEST_ASKED, Refusal
from ..policy.effective_client import EffectiveClient


def note(
    request: TenantRequest,
    client: Client | EffectiveClient,
    reason: str,
    *,
    grant: str = "",
    asked: str = "",
    secret_id: UUID | None = None,
) -> None:
    """Notes one refusal of a client, if its reason is one of those that are kept.

    `asked` is what was asked for and refused, as it may be kept in the clear; a caller's own text is made one line.
    """
    if reason not in ABOUT:
        return
    noted_problems.note(
        Refusal(
            request.tenant.pk, client.pk, reason, grant, text.spelt_out(asked)[:LONGEST_ASKED], secret_id
        ),
        address=client_address(request),
        agent=request.META.get("HTTP_USER_AGENT", ""),
        signed_in=isinstance(getattr(request, "user", None), User),
    )
