"""The relations between scopes (Q4): parents contain children, bundles contain everything of their kind."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from .reasons import Reason
from .scope_catalogue import CATALOGUE, Scope

SCOPES: dict[str, Scope] = {scope.name: scope for scope in CATALOGUE}
OPENID = "openid"
OFFLINE_ACCESS = "offline_access"
GROUPS, ROLES = "groups", "roles"
# Scopes that say something about the sign-in, not about access to data. Never part of a bundle, never implied.
PROTOCOL_SCOPES = frozenset({OPENID, "profile", "email", GROUPS, ROLES, OFFLINE_ACCESS})
BUNDLES = frozenset({"user_default", "admin_classic"})
# What metadata offers (RFC 8414 §2 lets it leave scopes out): what a client asks for that knows nothing of this
# product. Programs ask for all of it, so nothing is in it that opens more than the person's own account.
ADVERTISED = (OPENID, "profile", "email", OFFLINE_ACCESS, "user_default")
MAX_LENGTH = 8192
MOST_NAMED = 10
LONGEST_NAME = 60
SYNTAX = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3, one scope-token
# In the qualified name of a scope of an API, between its identifier and its name (apis.py). Such a scope stands for
# itself alone: it has no parent, no children, and is in no bundle. Whether its API knows it is asked elsewhere.
# Without a name behind it the API is meant, and none of its scopes: whoever has one of them has that too.
OF_API = "#"
# Stands for every scope of every API of the tenant. A client that nobody registered by hand can have it: what it says
# of itself is for any server in the world, and cannot name the scopes of one. A tenant approves it or not; each person
# is still asked for each scope. It is never requested, granted or carried.
ANY_API = "*#*"


class InvalidScope(ValueError):
    """A scope string that RFC 6749 §3.3 does not allow. `str()` is a sentence for the developer who sent it."""

    def __init__(self, sentence: str, reason: Reason) -> None:
        super().__init__(sentence)
        self.reason = reason


def parse(text: str) -> list[str]:
    """The scope parameter as a list without repetitions, in the order given; [] only if `text` is empty.

    Raises InvalidScope, also for blanks alone: something was sent, so it is not a request without scopes.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidScope("The scope parameter is too long.", Reason.SCOPE_TOO_LONG)
    # Nothing but a space separates them.
    names = list(dict.fromkeys(name for name in text.split(" ") if name))
    if not all(SYNTAX.fullmatch(name) for name in names):
        raise InvalidScope(
            "The scope parameter contains characters that RFC 6749 does not allow.", Reason.SCOPE_MALFORMED
        )
    if text and not names:
        raise InvalidScope("The scope parameter names no scope.", Reason.SCOPE_NAMES_NONE)
    return names


def in_short(names: Iterable[str]) -> list[str]:
    """The first of scopes that somebody else wrote, each cut to a length; "…" stands for the rest."""
    listed = list(names)
    first = [name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…" for name in listed[:MOST_NAMED]]
    return first if len(listed) <= MOST_NAMED else [*first, "…"]


def in_order(names: Iterable[str]) -> list[str]:
    """The scopes in the catalogue's order, each once; those that it does not know, such as an API's, stand last."""
    wanted = set(names)
    known = [name for name in SCOPES if name in wanted]
    return known + sorted(wanted - SCOPES.keys())


def join(names: Iterable[str]) -> str:
    """The scope parameter for a list of scopes, in the catalogue's order so that equal sets are equal strings."""
    return " ".join(in_order(names))


@lru_cache(maxsize=4096)
def _closure(names: frozenset[str]) -> frozenset[str]:
    """Every scope that `names` give: themselves, the children of parents, the members of bundles."""
    # A scope that is no longer in the catalogue grants nothing.
    given = {name for name in names if name in SCOPES}
    for name in names:
        if OF_API in name:
            given |= {name, name[: name.rindex(OF_API) + 1]}
    for scope in CATALOGUE:
        if scope.name in PROTOCOL_SCOPES or scope.name in BUNDLES:
            continue
        if ("admin_classic" if scope.admin else "user_default") in names:
            given.add(scope.name)
    for scope in CATALOGUE:  # parents come before their children, so one pass reaches grandchildren
        if scope.parent in given:
            given.add(scope.name)
    return frozenset(given)


def closure(names: Iterable[str]) -> frozenset[str]:
    """Every scope that `names` give, themselves included."""
    return _closure(frozenset(names))


def gives(given: Collection[str], name: str) -> bool:
    """Whether a closure has a scope in it, by name or as one of any API."""
    return name in given or (OF_API in name and ANY_API in given)


def within(requested: Iterable[str], ceiling: Iterable[str]) -> bool:
    """Whether every requested scope is given by the ceiling."""
    given = closure(ceiling)
    return all(gives(given, name) for name in requested)


def added(requested: Iterable[str], granted: Iterable[str]) -> list[str]:
    """The requested scopes that earlier grants do not give yet, in the order requested."""
    given = closure(granted)
    return [name for name in requested if not gives(given, name)]


def common(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """The intersection of two scope lists, in the catalogue's order; a parent stays where both grant it."""
    first, second = list(one), list(other)
    names = {name for name in first if gives(closure(second), name)} | {
        name for name in second if gives(closure(first), name)
    }
    return join(names).split()


def narrowed(wanted: Iterable[str], ceiling: Iterable[str]) -> list[str]:
    """The scopes of `wanted` that the ceiling grants, in its order. Of a parent it lacks, the granted members stay."""
    allowed = list(ceiling)
    given = closure(allowed)
    remaining: dict[str, None] = {}
    for name in wanted:
        if gives(given, name):
            remaining[name] = None
        elif name in SCOPES:
            parts = closure([name])
            remaining |= dict.fromkeys(part for part in allowed if part in parts)
    return list(remaining)


def default(ceiling: Iterable[str], by_name: Collection[str] = ()) -> list[str]:
    """What a request without a scope parameter asks for: the client's list, except what must be asked for by name.

    Those are the protocol's scopes, and `by_name`, the qualified names of which their APIs say so.
    """
    return [
        name
        for name in ceiling
        if (name in SCOPES or OF_API in name)
        and name not in PROTOCOL_SCOPES
        and name not in by_name
        and name != ANY_API
    ]


def roots(names: Iterable[str]) -> list[str]:
    """`names` without those that another of them already contains: what a person needs to read."""
    wanted = list(dict.fromkeys(names))
    return [name for name in wanted if not gives(closure(other for other in wanted if other != name), name)]
