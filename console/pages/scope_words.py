"""Scopes as people read them: by area of the catalogue, in its order and in the reader's language."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from ..policy import scopes
from ..policy.scope_catalogue import AREAS, Scope


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """One scope. `included_in` is the title of another one that is shown with it and contains it, "" if none does."""

    name: str
    title: str
    description: str
    sensitive: bool
    checked: bool
    included_in: str


@dataclass(frozen=True, slots=True)
class Area:
    """The scopes of one area, under its title."""

    title: str
    scopes: list[ScopeWords]


def by_area(names: Iterable[str], ticked: Collection[str] = ()) -> list[Area]:
    """Scopes in words. One that the catalogue does not know, or no longer, stands last under its name."""
    wanted = list(dict.fromkeys(names))
    areas: dict[str, list[ScopeWords]] = {area: [] for area in AREAS}
    unknown: list[ScopeWords] = []
    for name in scopes.join(wanted).split():
        scope = scopes.SCOPES.get(name)
        found = _words(scope or Scope(name, "", name, ""), wanted, name in ticked)
        (areas[scope.area] if scope else unknown).append(found)
    shown = [Area(gettext(AREAS[area]), members) for area, members in areas.items() if members]
    return [*shown, Area(gettext("Other"), unknown)] if unknown else shown


def grouped(names: Iterable[str], ticked: Collection[str] = ()) -> list[Area]:
    """The same without `openid`, which says nothing more to a person who is about to sign in."""
    return by_area((name for name in names if name != scopes.OPENID), ticked)


def _words(scope: Scope, shown: Collection[str], checked: bool) -> ScopeWords:
    contained = next(
        (name for name in shown if name != scope.name and scope.name in scopes.closure([name])), ""
    )
    return ScopeWords(
        name=scope.name,
        title=gettext(scope.title),
        description=gettext(scope.description) if scope.description else "",
        sensitive=scope.sensitive,
        checked=checked,
        included_in=gettext(scopes.SCOPES[contained].title) if contained else "",
    )
