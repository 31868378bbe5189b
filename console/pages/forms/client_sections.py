"""The settings of a client in sections, each of which is saved for itself (P12)."""

from enum import StrEnum

from django.http import QueryDict

from ...models import Client
from . import addresses
from .client import ClientForm


class Section(StrEnum):
    """The sections that are forms, in the order of the page. Scopes have a tab of their own."""

    APPLICATION = "application"
    ADDRESSES = "addresses"
    AUTHENTICATION = "authentication"
    GRANTS = "grants"
    SCOPES = "scopes"


# A field that stands nowhere here describes the application.
FIELDS: dict[Section, tuple[str, ...]] = {
    Section.ADDRESSES: addresses.LISTS,
    Section.AUTHENTICATION: ("auth_methods", "public_keys"),
    Section.GRANTS: ("grant_types", "consent_method", "algorithm", "accepts_no_pkce"),
    Section.SCOPES: ("allowed_scopes",),
}
ELSEWHERE = frozenset(name for names in FIELDS.values() for name in names)


def sections_of(client: Client) -> list[Section]:
    """The sections of the settings that this type of client has."""
    without = {Section.SCOPES} | (set() if client.confidential else {Section.AUTHENTICATION})
    return [section for section in Section if section not in without]


def form_of(
    section: Section, client: Client, data: QueryDict | None = None, *, typed: QueryDict | None = None
) -> ClientForm:
    """The client's form with the fields of one section alone. `typed` as in ClientForm."""
    form = ClientForm(client.type, data, client=client, typed=typed)
    form.narrow_to(FIELDS.get(section) or [name for name in form.fields if name not in ELSEWHERE], client)
    return form
