"""Removing a client secret; the last one knowingly (S13)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SecretRemovalForm(forms.Form):
    """Asks for a check mark when no secret is left afterwards."""

    acknowledge = forms.BooleanField(
        label=_("I understand that nothing can get a token with a client secret after this"),
        error_messages={
            "required": _("This is the last secret: check the box if you want to remove it anyway.")
        },
    )

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, last: bool) -> None:
        super().__init__(data)
        if not last:
            del self.fields["acknowledge"]
