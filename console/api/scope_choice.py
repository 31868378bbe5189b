"""The scopes that a call chooses out of what a client may have: fewer, never more."""

from collections.abc import Collection

from ..models.approval_answer import Incomplete, chosen_scopes
from ..policy import scopes
from ..policy.strict_json import SHOWN
from .errors import ApiError


def chosen(wanted: list[str], ceiling: Collection[str]) -> list[str]:
    """The scopes in `wanted` that the ceiling gives, parts of a parent or bundle too, as the console's forms keep them.

    Raises ApiError for one that it does not give, and when nothing would remain.
    """
    beyond = [scope for scope in wanted if not scopes.within([scope], ceiling)]
    if beyond:
        shown = ", ".join(scope[:SHOWN] for scope in beyond[:3])
        raise ApiError(400, f"Scopes that are not allowed: {shown}.")
    try:
        return chosen_scopes([*ceiling, *wanted], wanted)
    except Incomplete as incomplete:
        raise ApiError(400, str(incomplete)) from None
