"""Which API a token is for, and which of the granted scopes it carries (RFC 8707, RFC 9068 §3).

Scopes are written as they are inside (apis.py). `Rules` are the APIs that a tenant has of those that its clients'
scopes are of: what they do not know counts for nothing, however it was granted.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from . import apis, scopes
from .apis import CATALOGUE, TokenRules
from .reasons import Reason

Rules = Mapping[str, TokenRules]

SEVERAL_APIS = (
    "The granted scopes are of several resources: name one of them with the parameter resource (RFC 8707)."
)
NOT_GRANTED = "The resource is not one of those that scopes were granted of."
NOT_THE_CLIENTS = "The resource is unknown, or this client has none of its scopes."


class Decided(NamedTuple):
    """What a token is for: `api` is None for the catalogue. `carried` are its scopes as they are written inside,
    `on_the_wire` the same by their bare names."""

    identifier: str
    api: TokenRules | None
    carried: tuple[str, ...]
    on_the_wire: tuple[str, ...]


class InvalidTarget(ValueError):
    """No token can be given for this resource (RFC 8707 §2). `str()` is a sentence for the developer of the client."""

    def __init__(self, sentence: str, reason: Reason) -> None:
        super().__init__(sentence)
        self.reason = reason


def counting(names: Iterable[str], rules: Rules, *, administrator: bool = True) -> list[str]:
    """Those of `names` that still count: of APIs that the tenant has, and that have the scope.

    Without `administrator` also without those that only administrators can grant.
    """
    return [name for name in names if _counts(name, rules, administrator)]


def _counts(name: str, rules: Rules, administrator: bool) -> bool:
    identifier, bare = apis.split(name)
    if identifier == CATALOGUE:
        return True
    api = rules.get(identifier)
    return api is not None and (not bare or bare in api.scopes) and (administrator or bare not in api.admin)


def asked_by_name(rules: Rules) -> frozenset[str]:
    """The qualified names of what these APIs want to be asked for by name."""
    return frozenset(chain.from_iterable(api.asked_by_name for api in rules.values()))


def inside(names: Iterable[str], identifier: str) -> list[str]:
    """Scopes of a request that is about one API as they are written inside: bare names are of that API."""
    return [
        name if name in scopes.PROTOCOL_SCOPES or scopes.OF_API in name else apis.qualified(identifier, name)
        for name in names
    ]


def meant(name: str, resources: Collection[str], offered: Collection[str]) -> list[str]:
    """What a scope of a request can mean: one at each of `resources` that it names.

    RFC 8707 §2.1: the request is for each of its scopes at each of its resources. Without resources a bare name is of
    the catalogue, or if that scope is not among `offered`, which are the client's, of whichever of its APIs has it:
    many libraries cannot send `resource`. A qualified name means itself, if its API is one of those named.
    """
    if name in scopes.PROTOCOL_SCOPES:
        return [name]
    if not resources:
        elsewhere = [] if scopes.OF_API in name or name in offered else _of_this_name(name, offered)
        return elsewhere or [name]
    if scopes.OF_API in name:
        return [name] if apis.split(name)[0] in resources else []
    return [apis.qualified(identifier, name) for identifier in resources]


def _of_this_name(name: str, offered: Collection[str]) -> list[str]:
    return sorted(one for one in offered if scopes.OF_API in one and apis.split(one)[1] == name)


def with_resources(names: list[str], resources: Iterable[str]) -> list[str]:
    """`names`, and each of the APIs that are named and that none of them is of."""
    of = {apis.split(name)[0] for name in names}
    return [*names, *(apis.itself(api) for api in resources if api != CATALOGUE and api not in of)]


def check_resources(resources: Iterable[str], held: tuple[str, ...], rules: Rules) -> None:
    """Raises InvalidTarget unless the client, which has the scopes `held`, has some of each of the `resources`."""
    has = apis.identifiers(held)
    for identifier in resources:
        known = identifier in rules and (identifier in has or scopes.ANY_API in held)
        if identifier != CATALOGUE and not known:
            raise InvalidTarget(NOT_THE_CLIENTS, Reason.RESOURCE_UNKNOWN)


def chosen(granted: Collection[str], resource: str | None) -> str:
    """The identifier of the API that a token is for; `resource` is the one that the token request names.

    None names none: then it is the only API that scopes were granted of, or the catalogue if it is one of several.
    Raises InvalidTarget if none is left, and for a resource that nothing was granted of (RFC 8707 §2.2). A token for
    the catalogue is also that for userinfo, so the scopes that belong to no API are enough for it.
    """
    if resource is not None:
        own = apis.of_api(granted, resource)
        if resource == CATALOGUE:
            if own or not granted:
                return CATALOGUE
        elif any(scopes.OF_API in name for name in own):
            return resource
        raise InvalidTarget(NOT_GRANTED, Reason.RESOURCE_NOT_GRANTED)
    of = {apis.split(name)[0] for name in granted if name not in scopes.PROTOCOL_SCOPES}
    if len(of) > 1 and CATALOGUE not in of:
        raise InvalidTarget(SEVERAL_APIS, Reason.RESOURCE_MISSING)
    return next(iter(of)) if len(of) == 1 else CATALOGUE


@lru_cache(maxsize=2048)
def of_machine(
    asked: tuple[str, ...], resource: str | None, held: tuple[str, ...], known: tuple[TokenRules, ...]
) -> Decided | None:
    """What a machine's token is for, and what it carries; None if a scope is unknown or not the client's.

    `asked` is as it is on the wire; without it the machine gets what it has there, except what must be asked for by
    name. `held` is what the client has, `known` the APIs that it may be for. Raises InvalidTarget.
    """
    rules = {api.identifier: api for api in known}
    if resource is not None:
        check_resources([resource], held, rules)
    if asked and resource is None:
        names = [one for name in asked for one in meant(name, (), scopes.closure(held))]
    elif asked:
        names = inside(asked, resource or CATALOGUE)
    else:
        names = scopes.default(counting(held, rules), asked_by_name(rules))
        names = names if resource is None else apis.of_api(names, resource)
    names = with_resources(names, [resource] if resource else [])
    if not scopes.within(names, held) or len(counting(names, rules)) < len(names):
        return None
    identifier = chosen(names, resource)
    carried = apis.of_api(names, identifier)
    if asked and len(carried) < len(names):
        if resource is None:
            raise InvalidTarget(SEVERAL_APIS, Reason.RESOURCE_MISSING)
        return None
    return Decided(identifier, rules.get(identifier), tuple(carried), tuple(apis.bare(carried)))
