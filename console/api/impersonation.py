"""A client that can act as any of the tenant's people is let in by name, never along with the rest (Q2, S9)."""

from collections.abc import Collection
from typing import Any

from ..approvals import IMPERSONATION, Incomplete, check_impersonation
from .errors import Refused
from .values import yes_or_no


def check_said(grants: Collection[str], value: Any) -> None:
    """Raises Refused with 400 if a client with these grants would act as people and `value` does not say that it may.

    `value` is what was sent as the member IMPERSONATION, False if nothing was.
    """
    try:
        check_impersonation(grants, allowed=yes_or_no(IMPERSONATION, value))
    except Incomplete:
        raise Refused(
            400,
            "The client could act as any of this tenant's people, administrators included, without them. "
            f"If it may, send {IMPERSONATION} with true.",
        ) from None
