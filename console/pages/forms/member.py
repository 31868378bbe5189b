"""The forms for what a person may do in the tenant, and for what they are called."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ...models import User
from .text import NameField, check_name


class RoleForm(forms.Form):
    """One of the roles."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=User.Role.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Administrators manage clients and people. Auditors read the console. Users have their own account."
        ),
    )


class NameForm(forms.Form):
    """What a person is called; without a name it is their address."""

    name = NameField(
        label=_("Name"),
        required=False,
        max_length=255,
        validators=[check_name],
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "name"}),
        help_text=_("Administrators see it, and applications that you allow to see your name."),
    )
