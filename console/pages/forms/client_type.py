"""The first step of a new OAuth client: its type, or machine-to-machine (S2)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ...policy.client_types import ClientType
from . import choices

UNSUPPORTED = frozenset({"anonymous-embed"})


class TypeForm(forms.Form):
    """The first step: which type of client, or machine-to-machine. It can never be changed afterwards."""

    type = forms.ChoiceField(
        label=_("Client type"),
        choices=choices.KINDS,
        widget=forms.RadioSelect,
        initial=ClientType.WEB.value,
        help_text=_("Where does the application run? The type cannot be changed later."),
        error_messages={"invalid_choice": _("Choose one of the types below.")},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        if data and data.get("type") in UNSUPPORTED:
            self.fields["type"].error_messages["invalid_choice"] = _(
                "Clients of the type anonymous embed are not supported."
            )
