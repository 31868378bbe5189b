"""The region's catalogue of scopes as a tree to choose from: parents contain their children (Q4)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext

from ...policy import scopes
from ...policy.scope_catalogue import AREAS, Scope
from .rows import Rows


@dataclass(slots=True)
class Node:
    """One scope, with those that it contains."""

    name: str
    description: str
    checked: bool
    children: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """The scopes of one area."""

    name: str
    scopes: list[Node] = field(default_factory=list)


class ScopesField(forms.Field):
    """The chosen scopes, in the catalogue's order."""

    widget = Rows

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> list[str]:
        return scopes.in_order(value or [])


def groups(chosen: Collection[str]) -> list[Group]:
    """The catalogue by area, with `chosen` checked; what the catalogue does not know stands last."""
    chosen = set(chosen)
    nodes: dict[str, Node] = {}
    areas = {area: Group(gettext(title)) for area, title in AREAS.items()}
    for scope in scopes.SCOPES.values():
        nodes[scope.name] = Node(scope.name, gettext(scope.title), scope.name in chosen)
        _siblings(scope, nodes, areas).append(nodes[scope.name])
    unknown = Group(
        gettext("No longer in the catalogue"),
        [Node(name, "", True) for name in sorted(chosen - nodes.keys())],
    )
    return [group for group in (*areas.values(), unknown) if group.scopes]


def _siblings(scope: Scope, nodes: dict[str, Node], areas: dict[str, Group]) -> list[Node]:
    return nodes[scope.parent].children if scope.parent else areas[scope.area].scopes
