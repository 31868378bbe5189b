"""An API as people read it: how long its tokens live, and what its scopes are called."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language, gettext, ngettext

from ..models import Api, Tenant
from ..policy import apis, scopes

DAY, HOUR, MINUTE = 86_400, 3600, 60
MOST_PUBLISHED = 100  # APIs of other tenants that a client's form offers


def lifetime(seconds: int) -> str:
    """A lifetime in the largest unit that it is a whole number of, for instance "90 minutes"."""
    unit = next(unit for unit in (DAY, HOUR, MINUTE, 1) if seconds % unit == 0)
    number = seconds // unit
    words = {
        DAY: ngettext("%(number)d day", "%(number)d days", number),
        HOUR: ngettext("%(number)d hour", "%(number)d hours", number),
        MINUTE: ngettext("%(number)d minute", "%(number)d minutes", number),
        1: ngettext("%(number)d second", "%(number)d seconds", number),
    }
    return words[unit] % {"number": number}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The product's own catalogue of scopes, which is an API as well: in each tenant its identifier is the issuer."""

    identifier: str
    number: int
    lifetime: str


def catalogue(tenant: Tenant) -> Catalogue:
    """The catalogue as the list of APIs shows it."""
    return Catalogue(
        tenant.issuer, len(scopes.SCOPES), lifetime(int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()))
    )


def title_of(scope: apis.ApiScope) -> str:
    """What a scope of an API allows, in the reader's language as far as its owner has given a text in it."""
    return scope.title(get_language() or "en")


def resources(tenant: Tenant, names: Iterable[str]) -> list[Api]:
    """The APIs, besides the catalogue, that a client with these scopes can have tokens for, by name."""
    return sorted(Api.of_scopes(tenant, names).values(), key=lambda api: (api.name.casefold(), api.pk))


def offered(tenant: Tenant, chosen: Iterable[str]) -> list[Api]:
    """The APIs whose scopes a client of `tenant` can be given, with those that `chosen` scopes are of.

    Its own, and the first MOST_PUBLISHED, by name, that other tenants have published: a region may have any number.
    """
    own = list(Api.in_tenant(tenant).filter(tenant=tenant))
    published = list(Api.in_tenant(tenant).exclude(tenant=tenant)[:MOST_PUBLISHED])
    known = {api.pk for api in (*own, *published)}
    others = [api for api in resources(tenant, chosen) if api.pk not in known]
    return [*own, *published, *others]


def owner_of(api: Api, tenant: Tenant) -> str:
    """The name of the other tenant that has published an API; "" if it is this tenant's own."""
    return (
        "" if api.tenant_id == tenant.pk else gettext("published by %(owner)s") % {"owner": api.tenant.name}
    )
