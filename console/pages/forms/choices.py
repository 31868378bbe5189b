"""Choices that need a sentence of explanation: the label of each is a heading with a description."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...policy.client_types import AuthMethod, ClientType, GrantType
from ...policy.consent_rules import ConsentMethod

Text = str | Promise


class Boxes(forms.CheckboxSelectMultiple):
    """Boxes to tick. The page sends an empty value too, so that none ticked is known from a form that says nothing.

    `usual` is what counts for a form that says nothing.
    """

    def __init__(self, *, choices: Any = (), usual: Sequence[str] = ()) -> None:
        super().__init__(choices=choices)
        self.usual = list(usual)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        if name not in data:
            return self.usual
        return [value for value in data.getlist(name) if value]


class OwnBoxes(forms.CheckboxSelectMultiple):
    """Boxes to tick that share their name with those of another type of client, whose values are left to that one."""

    def __init__(self, *, elsewhere: Collection[str]) -> None:
        super().__init__()
        self.elsewhere = elsewhere

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for value in data.getlist(name) if value not in self.elsewhere]

    def of_others(self, data: Any, name: str) -> list[str]:
        """What was ticked for another type of client."""
        return [value for value in data.getlist(name) if value in self.elsewhere]


@dataclass(frozen=True, slots=True)
class Explained:
    """The label of a choice, as templates/components/field.html shows it."""

    heading: Text
    description: Text

    def __str__(self) -> str:
        return str(self.heading)


TYPES = [
    (
        ClientType.WEB.value,
        Explained(
            _("Web"),
            _("Runs on a server that can keep a secret. Users sign in with it."),
        ),
    ),
    (
        ClientType.SPA.value,
        Explained(
            _("Single-page app"),
            _("Runs entirely in the browser. No secret; uses PKCE."),
        ),
    ),
    (
        ClientType.NATIVE.value,
        Explained(
            _("Native"),
            _("Installed on a phone or a computer. No secret; uses PKCE."),
        ),
    ),
]

# Machine-to-machine is a choice beside the types, though it is a web client: with other fields.
MACHINE = "machine"
KINDS = [
    *TYPES,
    (MACHINE, Explained(_("Machine-to-machine"), _("Gets tokens for itself; no user involved."))),
]

GRANTS = [
    (
        GrantType.CLIENT_CREDENTIALS.value,
        Explained(_("Machine-to-machine"), _("Gets tokens for itself; no user involved.")),
    ),
    (
        GrantType.USER_IMPERSONATION.value,
        Explained(
            _("User impersonation"),
            _("Can act as any user in this tenant, administrators included, without asking them."),
        ),
    ),
]

DEVICE_GRANT = [
    (
        GrantType.DEVICE_CODE.value,
        Explained(
            _("Sign-in with a code, in a browser on another device"),
            _(
                "For televisions, command lines and other devices (RFC 8628). The device shows a short code, which the "
                "user enters here. An application that only works so needs no redirect URL."
            ),
        ),
    ),
]

AUTH_METHODS = [
    (
        AuthMethod.CLIENT_SECRET.value,
        Explained(_("Client secret"), _("A secret value, shown to you once, that the application sends.")),
    ),
    (
        AuthMethod.PRIVATE_KEY_JWT.value,
        Explained(
            _("Private key JWT"),
            _("The application signs with its private key; only the public key is kept here."),
        ),
    ),
]

CONSENT_METHODS = [
    (
        ConsentMethod.REQUIRED.value,
        Explained(_("Required"), _("Each user is asked, and asked again when the client wants a new scope.")),
    ),
    (
        ConsentMethod.TRUSTED.value,
        Explained(
            _("Trusted"),
            _("Users are never asked. Choose this only for applications that your organisation controls."),
        ),
    ),
]

TRUSTED_MACHINE = (
    ConsentMethod.TRUSTED.value,
    Explained(_("Trusted"), _("No user is involved, so there is nobody to ask.")),
)

ALGORITHMS = [
    (
        "RS256",
        Explained("RS256", _("The default of OpenID Connect. Every library supports it.")),
    ),
    (
        "ES256",
        Explained(
            "ES256",
            _("Smaller and faster. Supported by libraries that read the metadata or are set up for it."),
        ),
    ),
]
