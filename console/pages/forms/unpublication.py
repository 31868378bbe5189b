"""Unpublishing: what becomes of the tenants that are connected."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .choices import Explained

STAY, END = "stay", "end"


class UnpublicationForm(forms.Form):
    """Asks only if there are tenants to ask about. One that connects meanwhile is cut off: so says "unpublished"."""

    connected = forms.ChoiceField(
        label=_("Tenants that are connected"),
        widget=forms.RadioSelect,
        choices=[
            (STAY, Explained(_("Stay connected"), _("They go on as before; only new ones cannot connect."))),
            (END, Explained(_("End at once"), _("Their people are signed out of it and get no new token."))),
        ],
        error_messages={"required": _("Choose what becomes of the tenants that are connected.")},
    )

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, asked: bool) -> None:
        super().__init__(data)
        if not asked:
            del self.fields["connected"]

    @property
    def connected_stay(self) -> bool:
        return self.cleaned_data.get("connected") == STAY
