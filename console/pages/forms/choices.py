"""Choices that need a sentence of explanation: the label of each is a heading with a description."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...policy.client_types import AuthMethod, ClientType, GrantType
from ...policy.consent_rules import ConsentMethod

Text = str | Promise


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
            _("Runs on a server that can keep a secret. Also for programs that work without a person."),
        ),
    ),
    (
        ClientType.SPA.value,
        Explained(
            _("Single-page app"),
            _("Runs in the browser alone, so it has no secret; it is protected by PKCE."),
        ),
    ),
    (
        ClientType.NATIVE.value,
        Explained(
            _("Native"),
            _("Installed on a phone or a computer. It has no secret either; it is protected by PKCE."),
        ),
    ),
]

GRANTS = [
    (
        GrantType.CLIENT_CREDENTIALS.value,
        Explained(_("Machine-to-machine"), _("Gets tokens in its own name, without a person.")),
    ),
    (
        GrantType.USER_IMPERSONATION.value,
        Explained(
            _("User impersonation"),
            _("Acts as any user of the tenant, administrators included, without them."),
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
            _("Nobody is asked. Choose this only for applications that your organisation controls."),
        ),
    ),
]

ALGORITHMS = [
    (
        "RS256",
        Explained(
            "RS256", _("What OpenID Connect expects if nothing else is agreed. Every library knows it.")
        ),
    ),
    (
        "ES256",
        Explained(
            "ES256", _("Shorter and faster, for libraries that are set up for it or read the metadata.")
        ),
    ),
]
