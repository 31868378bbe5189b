"""Why a request is refused: those who asked read it, so there must be something to read (N6)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ...models.connection_request import ANSWER_LENGTH
from .text import TextField, check_description


class RefusalForm(forms.Form):
    answer = TextField(
        label=_("Answer"),
        help_text=_("Everyone who asked can read this, here and by email."),
        max_length=ANSWER_LENGTH,
        validators=[check_description],
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": _("Enter a reason, so that the people who asked know what to do.")},
    )

    use_required_attribute = False
