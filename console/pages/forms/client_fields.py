"""The fields of an OAuth client, in words. What may be entered into them is in policy/registration_rules.py."""

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...policy import client_types
from ...policy.client_types import AuthMethod
from ...policy.consent_rules import ConsentMethod
from ...policy.registration_rules import GIVE_A_NAME
from . import addresses, choices, keys, scope_tree, text

LINK = {"inputmode": "url", "spellcheck": "false"}


class ClientFields(forms.Form):
    """What a client of every type has, and what only some have."""

    name = text.NameField(
        label=_("Name"),
        help_text=_("Users see it when they sign in."),
        error_messages={"required": _(GIVE_A_NAME)},
    )
    description = text.TextField(
        label=_("Description"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    homepage_url = forms.CharField(
        label=_("Homepage"),
        required=False,
        widget=forms.TextInput(attrs=LINK | {"placeholder": "https://example.com"}),
    )
    terms_url = forms.CharField(
        label=_("Terms of service"),
        required=False,
        widget=forms.TextInput(attrs=LINK | {"placeholder": "https://example.com/terms"}),
    )
    privacy_url = forms.CharField(
        label=_("Privacy policy"),
        required=False,
        widget=forms.TextInput(attrs=LINK | {"placeholder": "https://example.com/privacy"}),
    )
    contact_email = forms.CharField(
        label=_("Contact"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("The email address of the people who run the application. Users can read it."),
    )
    grant_types = forms.MultipleChoiceField(
        label=_("Machine-to-machine"),
        choices=choices.GRANTS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    # In the place of `grant_types` where the type of client has it.
    device_grant = forms.MultipleChoiceField(
        label=_("Devices without a browser"),
        choices=choices.DEVICE_GRANT,
        required=False,
        widget=choices.OwnBoxes(elsewhere=client_types.MACHINE_GRANTS),
    )
    auth_methods = forms.MultipleChoiceField(
        label=_("Authentication method"),
        choices=choices.AUTH_METHODS,
        initial=[AuthMethod.CLIENT_SECRET.value],
        help_text=_("How the application authenticates. You can choose both."),
        required=False,
        widget=choices.Boxes,
    )
    consent_method = forms.ChoiceField(
        label=_("Consent method"),
        choices=choices.CONSENT_METHODS,
        initial=ConsentMethod.REQUIRED.value,
        required=False,
        widget=forms.RadioSelect,
    )
    algorithm = forms.ChoiceField(
        label=_("ID token signature"),
        choices=choices.ALGORITHMS,
        help_text=_(
            "The application’s library must be set to the same algorithm. Access tokens are always ES256."
        ),
        required=False,
        widget=forms.RadioSelect,
    )
    accepts_no_pkce = forms.BooleanField(
        label=_("Accept authorization requests without PKCE"),
        required=False,
        help_text=_(
            "Only for software that cannot send PKCE. It must then ask for openid, send a nonce and compare it in the "
            "ID token, or a stolen code can be used. Counts in this tenant only, also if the client is published."
        ),
    )


def lists(client_type: str) -> dict[str, forms.Field]:
    """The fields that are lists, with the words for one type of client."""
    return {
        "allowed_scopes": scope_tree.ScopesField(
            label=_("Scopes"),
            help_text=_(
                "What the client may ask for. A scope can only narrow what the user may do. "
                "A client with no scopes can’t access anything."
            ),
        ),
        addresses.REDIRECT: addresses.address_field(
            addresses.REDIRECT,
            label=_("Redirect URLs"),
            help_text=_redirect_hint(client_type),
        ),
        addresses.SIGN_OUT: addresses.address_field(
            addresses.SIGN_OUT,
            label=_("Sign-out URLs"),
            help_text=_("Where users may be sent back to after signing out."),
        ),
        addresses.ORIGIN: addresses.address_field(
            addresses.ORIGIN,
            label=_("Allowed origins"),
            help_text=_(
                "The origins whose pages may call this server from a browser (CORS): scheme, host and port."
            ),
        ),
        "public_keys": keys.keys_field(
            label=_("Public key"),
            help_text=_("As a JWK, RSA or elliptic curve, with its key ID (kid) and algorithm (alg)."),
        ),
    }


def _redirect_hint(client_type: str) -> Promise:
    if client_types.traits(client_type).private_schemes:
        return _(
            "Where users are sent back to after signing in: http://127.0.0.1/… on any port, "
            "a scheme of your own such as com.example.app:/callback, or https://."
        )
    return _(
        "Where users are sent back to after signing in. Each begins with https://; localhost may use http://."
    )
