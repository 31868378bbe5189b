"""The form of a new machine-to-machine client: a web client that gets tokens in its own name, without users."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ...policy.client_types import AuthMethod, ClientType, GrantType
from ...policy.consent_rules import ConsentMethod
from . import choices
from .client import ClientForm
from .consent_method import MACHINE_IS_TRUSTED

# What only concerns people who sign in.
PEOPLE = (
    "homepage_url",
    "grant_types",
    "algorithm",
    "accepts_no_pkce",
    "redirect_uris",
    "post_logout_redirect_uris",
    "allowed_origins",
)
WITHOUT_PEOPLE: dict[str, Any] = {
    "redirect_uris": [],
    "grant_types": [GrantType.CLIENT_CREDENTIALS.value],
}


class MachineForm(ClientForm):
    """Fewer fields, and the consent method that a machine needs: it is shown, and it is not there to be changed."""

    usual_scopes = ()

    def __init__(self, data: QueryDict | None = None, *, typed: QueryDict | None = None) -> None:
        super().__init__(ClientType.WEB.value, data, typed=typed)
        self.kind = choices.MACHINE
        for name in PEOPLE:
            del self.fields[name]
        self.fields["name"].help_text = _("Shown in this console and in the audit log.")
        self.fields["consent_method"] = forms.ChoiceField(
            label=_("Consent method"),
            choices=[choices.TRUSTED_MACHINE],
            required=False,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": MACHINE_IS_TRUSTED},
        )
        self.fields["auth_methods"].widget = choices.Boxes(
            choices=choices.AUTH_METHODS, usual=[AuthMethod.CLIENT_SECRET.value]
        )
        self.initial["consent_method"] = ConsentMethod.TRUSTED.value

    def clean_consent_method(self) -> str:
        return ConsentMethod.TRUSTED.value

    def values(self) -> dict[str, Any]:
        """The editable fields, for the client's verbs."""
        return super().values() | WITHOUT_PEOPLE
