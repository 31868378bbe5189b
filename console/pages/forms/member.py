"""The form for what a person may do in the tenant."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ...models import User


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
