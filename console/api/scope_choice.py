"""The scopes that a call chooses out of what a client may have: fewer, never more."""

from collections.abc import Collection
from typing import Any

from ..approvals import Incomplete, chosen_scopes
from ..policy import scopes
from .errors import Refused
from .values import shortened, words


def chosen(name: str, value: Any, ceiling: Collection[str]) -> list[str]:
    """The scopes in `value` that the ceiling gives, parts of a parent or bundle too, as the console's forms keep them.

    Raises Refused for one that it does not give, and when nothing would remain.
    """
    wanted = words(name, value)
    beyond = [scope for scope in wanted if not scopes.within([scope], ceiling)]
    if beyond:
        raise Refused(400, f"{name} can only be fewer; beyond them: {shortened(beyond)}.")
    try:
        return chosen_scopes([*ceiling, *wanted], wanted)
    except Incomplete as incomplete:
        raise Refused(400, str(incomplete)) from None
