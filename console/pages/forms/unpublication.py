"""Unpublishing: what becomes of the tenants that are connected."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .choices import Explained

STAY, END = "stay", "end"


class UnpublicationForm(forms.Form):
    """Asks only if there are tenants to ask about. A tenant that connects meanwhile is disconnected."""

    connected = forms.ChoiceField(
        label=_("Tenants that are connected"),
        widget=forms.RadioSelect,
        choices=[
            (
                STAY,
                Explained(
                    _("Stay connected"), _("Connected tenants keep working. New tenants cannot connect.")
                ),
            ),
            (END, Explained(_("End at once"), _("Their users are signed out of it and get no new tokens."))),
        ],
        error_messages={"required": _("Choose what happens to connected tenants.")},
    )

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, asked: bool) -> None:
        super().__init__(data)
        if not asked:
            del self.fields["connected"]

    @property
    def connected_stay(self) -> bool:
        return self.cleaned_data.get("connected") == STAY
