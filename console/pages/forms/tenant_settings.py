"""The sections of the tenant's settings, each a form that is saved by itself."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...models import TenantSettings
from ...models.tenant_settings import NAME_LENGTH, of_region
from ...policy import colours, contacts, session_limits
from ...policy.pictures import Logo
from .logo import LogoField
from .settings_section import Section
from .text import NameField, check_name

USUAL_COLOUR = "#3344cc"  # what the picker of the browser begins with; near to the product's own
LINK = {"inputmode": "url", "spellcheck": "false", "autocapitalize": "off"}


class NameSection(Section):
    """What the organisation is called."""

    part = "name"
    title = gettext_lazy("Name")
    columns = ("name",)

    name = NameField(
        label=gettext_lazy("Name of the organisation"),
        max_length=NAME_LENGTH,
        validators=[check_name],
        help_text=gettext_lazy("People see it when they sign in, and in email."),
        error_messages={"required": gettext_lazy("Enter a name.")},
    )


class LogoSection(Section):
    """The picture beside the name."""

    part = "logo"
    title = gettext_lazy("Logo")
    description = gettext_lazy("Shown beside the name when people sign in or allow an application.")
    columns = ("logo",)

    logo = LogoField()

    @property
    def removes(self) -> bool:
        """Whether the button was pressed that takes the logo away."""
        return "remove" in self.data

    def clean(self) -> dict[str, Any]:
        if self.removes:
            self._errors = self.error_class()
        return self.cleaned_data

    @property
    def facts(self) -> dict[str, Any]:
        return {"logo": ""} if self.removes else {}

    @property
    def picture(self) -> Logo | None:
        return None if self.removes else self.cleaned_data["logo"]

    def in_words(self, name: str) -> str:
        return _("Uploaded") if self.stored.logo else ""


class ColourSection(Section):
    """The colour of buttons and links. Text and picker are two inputs for one value: the one that changed counts."""

    part = "colour"
    title = gettext_lazy("Colour")
    description = gettext_lazy(
        "For buttons and links when people sign in or allow an application. Any colour can be read: text on it is "
        "white or black, and links and dark pages get a darker or lighter shade where it needs one."
    )
    columns = ("colour",)

    colour = forms.CharField(
        label=gettext_lazy("Colour"),
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "mono", "spellcheck": "false", "autocapitalize": "off", "placeholder": "#1d4ed8"}
        ),
        help_text=gettext_lazy("As # and six digits. Leave it empty for the usual blue."),
    )
    picked = forms.CharField(
        label=gettext_lazy("Pick a colour"),
        required=False,
        max_length=7,
        widget=forms.TextInput({"type": "color"}),
    )

    def __init__(self, stored: TenantSettings, data: Any = None, files: Any = None) -> None:
        super().__init__(stored, data, files)
        self.initial["picked"] = stored.colour or USUAL_COLOUR

    def clean(self) -> dict[str, Any]:
        written, picked = (str(self.cleaned_data.get(name, "")) for name in ("colour", "picked"))
        if written == self.initial["colour"] and picked not in ("", self.initial["picked"]):
            written = picked
        try:
            self.cleaned_data["colour"] = colours.parsed(written) if written else ""
        except colours.InvalidColour as refused:
            self.add_error("colour", _(refused.message))
        return self.cleaned_data

    @property
    def samples(self) -> "list[tuple[str, str, colours.Shades, str]]":
        """How it looks on light and dark pages: which, the ground, the shades, and the contrast of a button's text."""
        if not self.stored.colour:
            return []
        light, dark = colours.on_light(self.stored.colour), colours.on_dark(self.stored.colour)
        return [
            (_("Light"), colours.LIGHT_GROUNDS[0], light, _ratio(light)),
            (_("Dark"), colours.DARK_GROUNDS[0], dark, _ratio(dark)),
        ]


def _ratio(shades: colours.Shades) -> str:
    found = colours.contrast(shades.accent, shades.on_accent)
    words = (
        _("White text, contrast %(ratio)s:1")
        if shades.on_accent == colours.WHITE
        else _("Black text, contrast %(ratio)s:1")
    )
    return words % {"ratio": number_format(int(found * 10) / 10, 1)}


class ContactSection(Section):
    """Where people find help, terms and privacy."""

    part = "contact"
    title = gettext_lazy("Support, terms and privacy")
    description = gettext_lazy(
        "Shown as links when people sign in, on error pages and, for support, in email."
    )
    columns = ("support", "terms_url", "privacy_url")

    support = forms.CharField(
        label=gettext_lazy("Support contact"),
        required=False,
        max_length=contacts.LINK_LENGTH,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
        help_text=gettext_lazy("An email address or a web address."),
    )
    terms_url = forms.CharField(
        label=gettext_lazy("Terms of use"),
        required=False,
        max_length=contacts.LINK_LENGTH,
        widget=forms.TextInput(attrs=LINK | {"placeholder": "https://example.com/terms"}),
    )
    privacy_url = forms.CharField(
        label=gettext_lazy("Privacy policy"),
        required=False,
        max_length=contacts.LINK_LENGTH,
        widget=forms.TextInput(attrs=LINK | {"placeholder": "https://example.com/privacy"}),
    )

    def clean_support(self) -> str:
        return self._checked("support", contacts.check_support)

    def clean_terms_url(self) -> str:
        return self._checked("terms_url", contacts.check_link)

    def clean_privacy_url(self) -> str:
        return self._checked("privacy_url", contacts.check_link)

    def _checked(self, name: str, rule: Callable[[str], None]) -> str:
        written = str(self.cleaned_data[name])
        try:
            if written:
                rule(written)
        except contacts.InvalidContact as refused:
            raise ValidationError(_(refused.message)) from None
        return written


class SessionSection(Section):
    """How long a browser session may last, within the limits of the region."""

    part = "sessions"
    title = gettext_lazy("Sessions")
    description = gettext_lazy(
        "How long people stay signed in here. Shorter limits also end the sessions that are older by now."
    )
    columns = ("session_idle", "session_absolute")

    session_idle = forms.IntegerField(
        label=gettext_lazy("Minutes without activity before sign-out"), required=False, localize=False
    )
    session_absolute = forms.IntegerField(
        label=gettext_lazy("Minutes before sign-out in any case"), required=False, localize=False
    )

    def __init__(self, stored: TenantSettings, data: Any = None, files: Any = None) -> None:
        super().__init__(stored, data, files)
        for name, (least, most) in self._bounds.items():
            field = self.fields[name]
            field.widget.attrs |= {"min": least, "max": most, "inputmode": "numeric"}
            field.help_text = _("From %(least)d to %(most)d, the limit of the region. Empty: %(most)d.") % {
                "least": least,
                "most": most,
            }

    @property
    def _bounds(self) -> Mapping[str, tuple[int, int]]:
        region = of_region()
        least: dict[str, timedelta] = {
            "session_idle": session_limits.LEAST_IDLE,
            "session_absolute": session_limits.LEAST_ABSOLUTE,
        }
        most = {"session_idle": region.idle, "session_absolute": region.absolute}
        return {name: session_limits.bounds(least[name], most[name]) for name in self.columns}

    def clean(self) -> dict[str, Any]:
        for name, (least, most) in self._bounds.items():
            minutes = self.cleaned_data.get(name)
            if minutes is not None and not least <= minutes <= most:
                self.add_error(name, _(session_limits.OUT_OF_BOUNDS) % {"least": least, "most": most})
        idle, absolute = (self.cleaned_data.get(name) for name in self.columns)
        if idle is not None and absolute is not None and idle > absolute:
            self.add_error("session_idle", _(session_limits.IDLE_IS_LONGER))
        return self.cleaned_data

    def in_words(self, name: str) -> str:
        limits = self.stored.session_limits
        held = limits.idle if name == "session_idle" else limits.absolute
        return str(int(held.total_seconds() // 60))


SECTIONS: tuple[type[Section], ...] = (
    NameSection,
    LogoSection,
    ColourSection,
    ContactSection,
    SessionSection,
)
