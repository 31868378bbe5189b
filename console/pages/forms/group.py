"""The form for a group: its name, which applications read, and what it is for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ...models.group import DESCRIPTION_LENGTH, NAME_LENGTH
from .text import NameField, TextField, check_description, check_name

NAME_TAKEN = _("Another group has this name.")


class GroupForm(forms.Form):
    """Name and description. Whether the name is free is asked when it is kept."""

    name = NameField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        validators=[check_name],
        help_text=_("Applications that ask for the scope “groups” read it."),
    )
    description = TextField(
        label=_("Description"),
        required=False,
        max_length=DESCRIPTION_LENGTH,
        validators=[check_description],
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    use_required_attribute = False
