"""A client that can act as any of the tenant's people is let in by name, never along with the rest (Q2, S9)."""

from collections.abc import Collection

from ..models.approval_answer import IMPERSONATION, Incomplete, check_impersonation
from .errors import ApiError


def check_said(grants: Collection[str], said: bool) -> None:
    """Raises ApiError with 400 if a client with these grants would act as people and nobody has `said` that it may."""
    try:
        check_impersonation(grants, allowed=said)
    except Incomplete:
        raise ApiError(
            400,
            "The client could act as any user in this tenant, administrators included, without asking them. "
            f"To allow that, send {IMPERSONATION} with true.",
        ) from None
