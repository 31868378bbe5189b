"""Scopes to choose from: the catalogue as a tree, where parents contain their children (Q4), and APIs (P10)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext

from ...models import Api, Tenant
from ...policy import scopes
from ...policy.apis import identifiers, qualified
from ...policy.scope_catalogue import AREAS, Scope
from ...policy.scopes import OF_API
from ..api_words import offered, owner_of, title_of
from ..scope_words import any_api_in_words
from .rows import Rows


@dataclass(slots=True)
class Node:
    """One scope, with those that it contains. `shown` is what people read: of an API's scope, its bare name."""

    name: str
    description: str
    checked: bool
    children: "list[Node]" = field(default_factory=list)
    shown: str = ""

    def __post_init__(self) -> None:
        self.shown = self.shown or self.name


@dataclass(slots=True)
class Group:
    """The scopes of one area, or of one API: then `detail` says which, and words of it are found by searching."""

    name: str
    scopes: list[Node] = field(default_factory=list)
    detail: str = ""

    @property
    def total(self) -> int:
        """How many scopes it has, at every depth."""
        return sum(1 for _ in _walk(self.scopes))

    @property
    def number_chosen(self) -> int:
        """How many of them are chosen, or come with one that contains them."""
        return sum(node.checked or inside for node, inside in _walk(self.scopes))

    @property
    def chosen(self) -> list[Node]:
        """Those that were chosen themselves."""
        return [node for node, inside in _walk(self.scopes) if node.checked and not inside]


def _walk(nodes: Iterable[Node], inside: bool = False) -> Iterator[tuple[Node, bool]]:
    """Every node, parents first, and whether one above it is checked."""
    for node in nodes:
        yield node, inside
        yield from _walk(node.children, inside or node.checked)


class ScopesField(forms.Field):
    """The chosen scopes, in the catalogue's order."""

    widget = Rows

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> list[str]:
        return scopes.in_order(value or [])


def known(tenant: Tenant, names: Collection[str]) -> set[str]:
    """Those of `names` that there are: scopes of the catalogue, and of the APIs that the tenant has, ANY_API too."""
    rules = Api.all_rules_of(tenant.pk, identifiers(tuple(names)))
    there = scopes.SCOPES.keys() | {name for api in rules for name in api.known} | {scopes.ANY_API}
    return there.intersection(names)


def ceiling(chosen: Collection[str], tenant: Tenant) -> list[Group]:
    """What clients may have that nobody registered by hand: everything here, and ANY_API first."""
    any_api = Node(scopes.ANY_API, any_api_in_words(), scopes.ANY_API in chosen, shown=gettext("Any API"))
    named = [name for name in chosen if name != scopes.ANY_API]
    return [Group(gettext("APIs"), [any_api]), *groups(named, tenant, offered(tenant, named))]


def groups(chosen: Collection[str], tenant: Tenant, apis: Iterable[Api]) -> list[Group]:
    """The catalogue by area, then each of the APIs, with `chosen` checked.

    What neither the catalogue nor an API of `apis` knows stands last. `tenant` is whose client they are chosen for.
    """
    chosen = set(chosen)
    of_apis = [_api_group(api, tenant, chosen) for api in apis]
    here = {node.name for group in of_apis for node in group.scopes}
    nodes: dict[str, Node] = {}
    areas = {area: Group(gettext(title)) for area, title in AREAS.items()}
    for scope in scopes.SCOPES.values():
        nodes[scope.name] = Node(scope.name, gettext(scope.title), scope.name in chosen)
        _siblings(scope, nodes, areas).append(nodes[scope.name])
    lost = sorted(chosen - nodes.keys() - here)
    unknown = Group(
        gettext("No longer in the catalogue"), [Node(name, "", True) for name in lost if OF_API not in name]
    )
    gone = Group(gettext("No longer there"), [Node(name, "", True) for name in lost if OF_API in name])
    return [group for group in (*areas.values(), *of_apis, unknown, gone) if group.scopes]


def _api_group(api: Api, tenant: Tenant, chosen: Collection[str]) -> Group:
    facts = api.facts
    named = [(scope, qualified(api.identifier, scope.name)) for scope in facts.scopes]
    nodes = [Node(name, title_of(scope), name in chosen, shown=scope.name) for scope, name in named]
    return Group(api.name, nodes, " · ".join(filter(None, [api.identifier, owner_of(api, tenant)])))


def _siblings(scope: Scope, nodes: dict[str, Node], areas: dict[str, Group]) -> list[Node]:
    return nodes[scope.parent].children if scope.parent else areas[scope.area].scopes
