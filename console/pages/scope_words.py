"""Scopes as people read them: by area of the catalogue, in its order, then by API, in the reader's language."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import get_language, gettext

from ..http.tenancy import current_tenant
from ..models import Api
from ..policy import apis, scopes
from ..policy.apis import ApiScope
from ..policy.scope_catalogue import AREAS, Scope

Apis = Mapping[str, Api]  # by identifier


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """One scope. `included_in` is the title of another one that is shown with it and contains it, "" if none does.

    `api` is the title of its API, for lists without headings; "" for one of the catalogue.
    """

    name: str
    title: str
    description: str
    sensitive: bool
    checked: bool
    included_in: str
    api: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """The scopes of one area, or of one API, under its title."""

    title: str
    scopes: list[ScopeWords]


def apis_of(names: Iterable[str]) -> Apis:
    """The APIs that these scopes are of, as far as the active tenant has them: one query, or none."""
    return Api.of_scopes(current_tenant(), names)


def by_area(names: Iterable[str], ticked: Collection[str] = (), known: Apis | None = None) -> list[Area]:
    """Scopes in words. One that nothing here knows, or no longer, stands last under its name.

    `known` are the APIs of a page that shows many such lists (`apis_of` all of them); None looks them up.
    """
    wanted = list(dict.fromkeys(names))
    known = apis_of(wanted) if known is None else known
    areas: dict[str, list[ScopeWords]] = {area: [] for area in AREAS}
    of_apis: dict[str, list[ScopeWords]] = {}
    unknown: list[ScopeWords] = []
    for name in _in_order(wanted, known):
        scope, found = scopes.SCOPES.get(name), _of_api(name, known, name in ticked)
        if name == scopes.ANY_API:
            of_apis[name] = [_of_any_api(name in ticked)]
        elif scope is not None:
            areas[scope.area].append(_words(scope, wanted, name in ticked))
        elif found is not None:
            of_apis.setdefault(apis.split(name)[0], []).append(found)
        else:
            unknown.append(_words(Scope(name, "", name, ""), wanted, name in ticked))
    shown = [Area(gettext(AREAS[area]), members) for area, members in areas.items() if members]
    shown += [
        Area(title_of(known[identifier]) if identifier in known else gettext("APIs"), members)
        for identifier, members in of_apis.items()
    ]
    return [*shown, Area(gettext("Other"), unknown)] if unknown else shown


def _in_order(wanted: list[str], known: Apis) -> list[str]:
    """The catalogue's scopes in its order, then those of each API in its owner's order, then the rest."""
    of_apis = [
        name for api in known.values() for name in (apis.itself(api.identifier), *api.qualified_scopes)
    ]
    place = {name: number for number, name in enumerate(of_apis)}
    return sorted(
        scopes.in_order(wanted), key=lambda name: (name not in scopes.SCOPES, place.get(name, len(place)))
    )


def grouped(names: Iterable[str], ticked: Collection[str] = ()) -> list[Area]:
    """The same without `openid`, which says nothing more to a person who is about to sign in."""
    return by_area((name for name in names if name != scopes.OPENID), ticked)


def title_of(api: Api) -> str:
    """What an API is called above its scopes. That it is one is said too: anybody can call theirs “Administration”."""
    if api.tenant_id == current_tenant().pk:
        return gettext("API “%(name)s”") % {"name": api.name}
    return gettext("API “%(name)s” of %(owner)s") % {"name": api.name, "owner": api.tenant.name}


def _of_api(name: str, known: Apis, checked: bool) -> ScopeWords | None:
    """A scope of an API in words; None if it is none that its API has."""
    identifier, bare = apis.split(name)
    api = known.get(identifier)
    if api is None:
        return None
    scope = next((each for each in api.facts.scopes if each.name == bare), None)
    if not bare:
        scope = ApiScope(name=bare, text=gettext("Call it in your name, without any of its permissions"))
    if scope is None:
        return None
    return ScopeWords(
        name=name,
        title=scope.title(get_language() or ""),
        description="",
        sensitive=scope.sensitive or scope.admin,
        checked=checked,
        included_in="",
        api=title_of(api),
    )


def any_api_in_words() -> str:
    """What ANY_API allows."""
    return gettext("Use the APIs of this tenant, as far as each person allows it")


def _of_any_api(checked: bool) -> ScopeWords:
    """Every scope of every API, of a client that asks for what it needs only when somebody comes with it."""
    return ScopeWords(
        name=scopes.ANY_API,
        title=any_api_in_words(),
        description=gettext(
            "It says which API it is for when it asks. Each person then reads what it could do there."
        ),
        sensitive=True,
        checked=checked,
        included_in="",
    )


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
