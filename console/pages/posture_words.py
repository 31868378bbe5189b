"""What a finding is called, why it matters, and where it is mended (N10)."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Connection
from ..policy.posture import Finding, Found


@dataclass(frozen=True, slots=True)
class Words:
    """A finding in words. `place` is the name of the address where it is mended, and `fix` what to do there."""

    title: str | Promise
    reason: str | Promise
    fix: str | Promise
    place: str


WORDS: dict[Finding, Words] = {
    Finding.MACHINE_ADMINISTRATOR: Words(
        _("Machine client that can administer"),
        _("Whoever has its secret can change everything in this tenant, and no user signs in."),
        _("Give it only the scopes it needs."),
        "client_scopes",
    ),
    Finding.TRUSTED_OUTSIDE: Words(
        _("Outside client that never asks"),
        _("Its consent method is Trusted, so users are never asked what it may do for them."),
        _("Change the consent method to Required."),
        "connection",
    ),
    Finding.WITHOUT_PKCE: Words(
        _("Works without PKCE"),
        _("An authorization code that is stolen on its way can be used."),
        _("Update the application to send PKCE, then switch this off."),
        "client_settings",
    ),
    Finding.LOCAL_REDIRECT: Words(
        _("Redirects to a local address"),
        _("Any program on the user’s device can receive the answer. This is for development only."),
        _("Remove the redirect URL, or use another client for development."),
        "client_settings",
    ),
    Finding.SEVERAL_HOSTS: Words(
        _("Redirects to several hosts"),
        _("If one of them is taken over, the access of all of them is."),
        _("Use one client for each application."),
        "client_settings",
    ),
    Finding.BROAD_SCOPES: Words(
        _("Broad access that it doesn’t use"),
        _("It was not given these scopes in the last 90 days, though it may ask for them."),
        _("Remove the scopes."),
        "client_scopes",
    ),
    Finding.OLD_SECRET: Words(
        _("Secret older than a year"),
        _("The longer a secret exists, the more people and backups have seen it."),
        _("Generate a new secret and remove the old one."),
        "secrets",
    ),
    Finding.IDLE_SECRET: Words(
        _("Secret not used for 90 days"),
        _("A secret that nobody uses can still be stolen."),
        _("Disable it, then remove it."),
        "secrets",
    ),
    Finding.IDLE_CLIENT: Words(
        _("Client not used for 90 days"),
        _("It can still get tokens."),
        _("Disable it, or delete it."),
        "client",
    ),
    Finding.NO_CONTACT: Words(
        _("No contact"),
        _("Nobody knows whom to ask when it fails or is attacked."),
        _("Enter a contact email."),
        "client_settings",
    ),
    Finding.RS256: Words(
        _("Signs with RS256 without need"),
        _("ES256 is smaller and faster, and libraries for browsers and devices support it."),
        _("Change the ID token signature to ES256."),
        "client_settings",
    ),
}


def page_of(connection: Connection) -> str:
    """The page of an own client, or of the connection to another tenant's."""
    if connection.is_foreign:
        return reverse("connection", args=[connection.pk])
    return reverse("client", args=[connection.client.client_id])


def address(connection: Connection, found: Found) -> str:
    """Where the finding is mended: of an outside client, always the page of its connection."""
    if connection.is_foreign:
        return page_of(connection)
    return reverse(WORDS[found.finding].place, args=[connection.client.client_id])
