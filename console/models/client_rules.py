"""What `Client.full_clean` holds a registration to, beyond the kinds and lengths of its fields (Q1–Q5)."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..policy import client_types, redirect_uris, scopes
from ..policy.client_types import AuthMethod, ClientType

if TYPE_CHECKING:
    from .client import Client

LISTS = (
    "redirect_uris",
    "post_logout_redirect_uris",
    "allowed_origins",
    "allowed_scopes",
    "grant_types",
    "auth_methods",
)


def check(client: "Client") -> None:
    """Raises ValidationError with every problem, by field. Asks the database nothing."""
    problems: dict[str, list[str]] = defaultdict(list)
    for name in LISTS:
        if not _is_list_of_text(getattr(client, name)):
            problems[name].append(_("Enter a list of values."))
    if not problems and client.type in list(ClientType):
        _check_addresses(client, problems)
        _check_choices(client, problems)
    if problems:
        raise ValidationError(dict(problems))


def _is_list_of_text(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _check_addresses(client: "Client", problems: dict[str, list[str]]) -> None:
    private = client_types.traits(client.type).private_schemes
    url: Callable[[str], None] = partial(redirect_uris.check_redirect_url, private_schemes=private)
    for name, check_one in (
        ("redirect_uris", url),
        ("post_logout_redirect_uris", url),
        ("allowed_origins", redirect_uris.check_origin),
    ):
        for address in getattr(client, name):
            try:
                check_one(address)
            except redirect_uris.Refused as refused:
                problems[name].append(f"{address}: {_(refused.message)}")
    if not client.redirect_uris and client_types.needs_redirect_url(client.type, set(client.grant_types)):
        problems["redirect_uris"].append(_("Add at least one redirect URL: without it nobody can sign in."))


def _check_choices(client: "Client", problems: dict[str, list[str]]) -> None:
    traits = client_types.traits(client.type)
    if not set(client.allowed_scopes) <= scopes.SCOPES.keys():
        problems["allowed_scopes"].append(_("One of the scopes is not in the catalogue."))
    grants: frozenset[str] = client_types.MACHINE_GRANTS if traits.machine_grants else frozenset()
    if not set(client.grant_types) <= grants:
        problems["grant_types"].append(_("This grant_type is not supported."))
    methods = set(client.auth_methods)
    if traits.confidential != bool(methods) or not methods <= set(AuthMethod):
        problems["auth_methods"].append(
            _("Choose at least one authentication method.")
            if traits.confidential
            else _("A public client does not authenticate: leave the authentication methods empty.")
        )
