"""The forms of registration: who may register clients, and initial access tokens."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...http.tenancy import current_tenant
from ...models.registration_policy import MOST_UNUSED_DAYS, UNUSED_DAYS, RegistrationPolicy, usual_scopes
from ...models.registration_token import MOST_CLIENTS, MOST_HOSTS, NAME_LENGTH
from ...policy import redirect_uris
from ...policy import text as texts
from . import scope_tree
from .choices import Explained
from .text import NameField

MODES = [
    (
        RegistrationPolicy.Mode.OFF.value,
        Explained(
            RegistrationPolicy.Mode.OFF.label, gettext_lazy("No program can register itself in this tenant.")
        ),
    ),
    (
        RegistrationPolicy.Mode.TOKEN.value,
        Explained(
            RegistrationPolicy.Mode.TOKEN.label,
            gettext_lazy("Whoever has a token that you made. What it registers is approved beforehand."),
        ),
    ),
    (
        RegistrationPolicy.Mode.OPEN.value,
        Explained(
            RegistrationPolicy.Mode.OPEN.label,
            gettext_lazy(
                "Any program that can reach this server. Nobody can use what it registers until you approve it."
            ),
        ),
    ),
]
USUAL_LIFE = timedelta(days=7)
LONGEST_LIFE = timedelta(days=365)


class ScopesForm(forms.Form):
    """A form with scopes to choose, of which at least one is needed."""

    scopes = scope_tree.ScopesField(label=gettext_lazy("Scopes"))

    def clean_scopes(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["scopes"]
        known = scope_tree.known(current_tenant(), chosen)
        if unknown := [name for name in chosen if name not in known]:
            raise ValidationError(_("Unknown scopes: %(names)s.") % {"names": ", ".join(unknown)[:200]})
        if not chosen:
            raise ValidationError(
                _("Choose at least one scope: without any, a client can’t access anything.")
            )
        return chosen

    @property
    def scope_groups(self) -> list[scope_tree.Group]:
        """What the picker shows, with the choices ticked."""
        return scope_tree.ceiling(self["scopes"].value() or [], current_tenant())


class PolicyForm(ScopesForm):
    """Who may register clients, how far they may reach, and how long an unused one is kept."""

    mode = forms.ChoiceField(label=gettext_lazy("Who may register"), choices=MODES, widget=forms.RadioSelect)
    unused_days = forms.IntegerField(
        label=gettext_lazy("Days that an unused client is kept"),
        min_value=1,
        max_value=MOST_UNUSED_DAYS,
        initial=UNUSED_DAYS,
        help_text=gettext_lazy("A client that nobody has approved or used for so long is deleted."),
    )
    field_order = ("mode", "scopes", "unused_days")


class TokenForm(ScopesForm):
    """A new initial access token."""

    name = NameField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("For you: who gets the token. The audit log names it."),
    )
    most_clients = forms.IntegerField(
        label=gettext_lazy("Clients that it may register"), min_value=1, max_value=MOST_CLIENTS, initial=1
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "The token expires at the end of this day. Clients that it has registered stay."
        ),
    )
    redirect_hosts = forms.CharField(
        label=gettext_lazy("Redirect hosts"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "The hosts that users may be sent back to, one in each line: app.example.com, localhost, or a scheme such "
            "as com.example.app:. Leave it empty to allow any."
        ),
    )

    def __init__(self, sent: Any = None) -> None:
        initial = {"scopes": usual_scopes(), "valid_until": timezone.localdate() + USUAL_LIFE}
        super().__init__(sent, initial=initial)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            texts.check_name(name)
        except texts.InvalidText as refused:
            raise ValidationError(_(refused.message), params={"code": refused.code}) from None
        return name

    def clean_valid_until(self) -> datetime:
        """The end of the day, where the person is."""
        day: date = self.cleaned_data["valid_until"]
        if not timezone.localdate() <= day <= timezone.localdate() + LONGEST_LIFE:
            raise ValidationError(_("Choose a day from today on, at most a year ahead."))
        return timezone.make_aware(datetime.combine(day, time.max)).astimezone(UTC)

    def clean_redirect_hosts(self) -> list[str]:
        lines = self.cleaned_data["redirect_hosts"].split()
        if len(lines) > MOST_HOSTS:
            raise ValidationError(_("You can add at most %(most)d hosts.") % {"most": MOST_HOSTS})
        return list(dict.fromkeys(_host(line.lower()) for line in lines))


def _host(written: str) -> str:
    """A host, or a private scheme with its colon, as redirect_uris.origin_of gives them."""
    scheme = written.removesuffix(":")
    if scheme != written and redirect_uris.is_private(scheme):
        return written
    try:
        redirect_uris.check_origin(f"https://{written}")
    except redirect_uris.InvalidAddress:
        said = _("%(host)s is no host. Enter it without https:// and without a path.")
        raise ValidationError(said % {"host": texts.one_line(written, 100)}) from None
    return written
