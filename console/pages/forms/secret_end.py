"""Disabling and removing a client secret: the last one knowingly, one that is in use with a reason (S13, N1)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .text import NameField, check_name

REASON_LENGTH = 200


class SecretEndForm(forms.Form):
    """Asks for a check mark when no secret works afterwards, and for a reason when the secret is in use."""

    acknowledge = forms.BooleanField(
        label=_("I understand that nothing can get a token with a client secret after this"),
        error_messages={
            "required": _("This is the last secret: check the box if you want to remove it anyway.")
        },
    )
    why = NameField(
        label=_("Why is it removed now?"),
        max_length=REASON_LENGTH,
        validators=[check_name],
        help_text=_("One line, for the audit log. For example: it was found in a public repository."),
        error_messages={"required": _("Write in a few words why it is removed now.")},
    )

    use_required_attribute = False

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, last: bool, needs_reason: bool = False
    ) -> None:
        super().__init__(data)
        if not last:
            del self.fields["acknowledge"]
        if not needs_reason:
            del self.fields["why"]
