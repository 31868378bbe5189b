"""A client secret: where it is deployed, and until when it works (P1)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...models import ClientSecret
from ...models.stored_secret import NAME_LENGTH
from ...policy import secret_life
from .text import NameField, check_name


class SecretForm(forms.Form):
    """Name and last day, both optional. `secret` is the one that is edited; None for a new one."""

    name = NameField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=NAME_LENGTH,
        validators=[check_name],
        help_text=gettext_lazy("Where is it deployed? For example: Web servers in Stockholm."),
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Works until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "The secret expires at the end of this day, at most two years ahead. Administrators get an email 30 days, "
            "7 days and 1 day before. Empty: it does not expire."
        ),
    )

    use_required_attribute = False

    def __init__(self, sent: Mapping[str, Any] | None = None, *, secret: ClientSecret | None = None) -> None:
        self.kept = secret.expires_at if secret else None
        day = timezone.localtime(self.kept).date() if self.kept else None
        super().__init__(sent, initial={"name": secret.name if secret else "", "expires_on": day})
        today = timezone.localdate()
        self.fields["expires_on"].widget.attrs |= {
            "min": min(day or today, today).isoformat(),
            "max": (today + secret_life.LONGEST).isoformat(),
        }

    def clean_expires_on(self) -> datetime | None:
        """The end of the day, where the person is. A day that was not changed stays as it is, also a past one."""
        day: date | None = self.cleaned_data["expires_on"]
        if day is None or day == self.initial["expires_on"]:
            return self.kept if day else None
        today = timezone.localdate()
        if not today <= day <= today + secret_life.LONGEST:
            raise ValidationError(_("Choose a day from today on, at most two years ahead."))
        return timezone.make_aware(datetime.combine(day, time.max)).astimezone(UTC)
