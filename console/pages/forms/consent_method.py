"""How a tenant's users consent to a client (S10)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from . import choices


class ConsentMethodForm(forms.Form):
    consent_method = forms.ChoiceField(
        label=_("Consent method"), choices=choices.CONSENT_METHODS, widget=forms.RadioSelect
    )

    use_required_attribute = False
