"""The form of an API: what its owner decides about it (P10)."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ...models import Api
from ...models.client_rules import in_words
from ...policy import api_rules, apis
from ...policy.registration_problems import Problems
from . import scope_rows, text
from .choices import Explained

SECONDS, MINUTES, HOURS = 1, 60, 3600
UNITS = [(str(MINUTES), _("minutes")), (str(HOURS), _("hours")), (str(SECONDS), _("seconds"))]
USUAL_LIFETIME = HOURS
LONGEST_NUMBER = 1_000_000  # what may be typed; how long a token may live is said in policy/api_rules.py
NAMED = ("name", "identifier", "description", "algorithm")
BLANK = 2  # empty rows that follow those that are filled in
MORE = 5  # empty rows that "Add more rows" gives
ALGORITHMS = [
    ("ES256", Explained("ES256", _("Short signatures that are quick to make. Usual for new APIs."))),
    ("RS256", Explained("RS256", _("For software that knows no elliptic curves."))),
]


class ApiForm(forms.Form):
    """The fields of an API. `api` is the API that is edited, whose identifier stays; without one it is a new API.

    `typed` is what was typed when more rows were asked for: shown, and not judged before it is sent.
    """

    data: QueryDict
    name = text.NameField(
        label=_("Name"),
        required=False,
        help_text=_("Users see it when an application asks for access to the API."),
    )
    identifier = forms.CharField(
        label=_("Identifier"),
        required=False,
        help_text=_(
            "Usually the address of the API, such as https://api.example.com. Tokens for it name it in “aud”, and "
            "applications send it as “resource”. It cannot be changed later."
        ),
        widget=forms.TextInput(
            attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off", "inputmode": "url"}
        ),
    )
    description = text.TextField(
        label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"})
    )
    lifetime = forms.IntegerField(
        label=_("Lifetime of an access token"),
        help_text=_(
            "From 60 seconds to 7 days. An API that checks only signatures accepts a token until it expires, also one "
            "that has been revoked."
        ),
        min_value=1,
        max_value=LONGEST_NUMBER,
        error_messages={"required": _("Say how long an access token lives.")},
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=UNITS)
    algorithm = forms.ChoiceField(
        label=_("Signature of access tokens"),
        choices=ALGORITHMS,
        required=False,
        help_text=_("The API’s library must accept the same algorithm."),
        widget=forms.RadioSelect,
    )
    scopes = scope_rows.ScopeRowsField(
        label=_("Scopes"),
        help_text=_("What an application can be allowed to do at the API. Clients are given them by name."),
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    use_required_attribute = False  # the server's sentence says more than the browser's

    def __init__(
        self, data: QueryDict | None = None, *, api: Api | None = None, typed: QueryDict | None = None
    ) -> None:
        self.api = api
        self.wants_more = typed is not None
        super().__init__(data, initial=_stored(api))
        if api:
            del self.fields["identifier"]
        if typed is not None:
            self.initial.update(
                {
                    name: field.widget.value_from_datadict(typed, {}, name)
                    for name, field in self.fields.items()
                }
            )

    def clean_algorithm(self) -> str:
        return str(self.cleaned_data["algorithm"] or self.initial["algorithm"])

    def clean_unit(self) -> int:
        return int(self.cleaned_data["unit"])

    def clean(self) -> dict[str, Any]:
        most = settings.LIMITS["scopes_per_api"]
        self.refuse(api_rules.problems(self._entered(), most_scopes=most, host_is_taken=False))
        return self.cleaned_data

    def _entered(self) -> apis.Api:
        """The API as it would become. What could not be read is taken for right: the form has said why already."""
        values = self.values()
        if self.api:
            values["identifier"] = self.api.identifier
        return apis.Api(**{"lifetime": USUAL_LIFETIME} | values)

    def values(self) -> dict[str, Any]:
        """What was entered, for the verbs of an API; what could be read of it, if the form is not valid."""
        entered = dict(self.cleaned_data)
        named = {name: entered[name] for name in NAMED if name in entered}
        if "lifetime" in entered and "unit" in entered:
            named["lifetime"] = entered["lifetime"] * entered["unit"]
        return named | {"scopes": tuple(entered["scopes"])}

    def refuse(self, problems: Problems) -> None:
        """Adds what may not be registered so. A field that could not be read has said why already."""
        for name, found in problems.items():
            if name in self.errors:
                continue
            if name == "scopes":
                self.add_error(name, scope_rows.refused(found))
            else:
                for problem in found:
                    self.add_error(name if name in self.fields else None, in_words(problem))

    @cached_property
    def scope_list(self) -> list[scope_rows.ScopeRow]:
        """The rows that the page shows."""
        return scope_rows.rows_of(self["scopes"], blank=MORE if self.wants_more else BLANK)

    @cached_property
    def scope_errors(self) -> list[str]:
        return scope_rows.list_errors(self["scopes"])

    @property
    def is_stale(self) -> bool:
        """Whether somebody else has saved the API since the form was opened."""
        return bool(self.api and self.data.get("version") and self.data["version"] != version_of(self.api))

    def go_on(self) -> None:
        """Takes what was entered as a change of the present state."""
        if self.api:
            data = self.data.copy()
            data["version"] = version_of(self.api)
            self.data = data


def _stored(api: Api | None) -> dict[str, Any]:
    if api is None:
        return {"lifetime": 1, "unit": str(HOURS), "algorithm": apis.ES256}
    unit = next(unit for unit in (HOURS, MINUTES, SECONDS) if api.lifetime % unit == 0)
    return {
        "name": api.name,
        "description": api.description,
        "lifetime": api.lifetime // unit,
        "unit": str(unit),
        "algorithm": api.algorithm,
        "scopes": list(api.facts.scopes),
        "version": version_of(api),
    }


def version_of(api: Api) -> str:
    """The state of an API that a person sees."""
    return api.updated_at.isoformat()
