"""How a tenant's users consent to a client (S10)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ...models import Connection, approval_answer
from ...policy import registration_rules
from ...policy.consent_rules import ConsentMethod
from . import choices

MACHINE_IS_TRUSTED = _(registration_rules.MACHINE_IS_TRUSTED)


class ConsentMethodForm(forms.Form):
    """The consent method of a connection.

    To trust another tenant's client that can act as people needs a tick of its own: that is what lets it begin.
    """

    consent_method = forms.ChoiceField(
        label=_("Consent method"), choices=choices.CONSENT_METHODS, widget=forms.RadioSelect
    )
    impersonation = forms.BooleanField(
        label=_("It may act as any user in this tenant, administrators included, without asking them"),
        required=False,
    )

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, connection: Connection) -> None:
        super().__init__(data, initial={"consent_method": connection.consent_method})
        self.connection = connection

    def clean(self) -> dict[str, Any]:
        trusted = self.cleaned_data.get("consent_method") == ConsentMethod.TRUSTED
        if trusted and approval_answer.begins_when_trusted(self.connection):
            try:
                approval_answer.check_impersonation(
                    self.connection.machine_grants, allowed=self.cleaned_data["impersonation"]
                )
            except approval_answer.Incomplete as problem:
                self.add_error(problem.field, str(problem))
        return self.cleaned_data

    @property
    def asks_about_impersonation(self) -> bool:
        """Whether the page shows the box to tick."""
        return approval_answer.begins_when_trusted(self.connection)
