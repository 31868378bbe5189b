"""What an administrator chooses before trying a client."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...models import Client
from ...policy import scopes


class TryForm(forms.Form):
    """The scopes to ask for: some of the client's own."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes to ask for"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scopes"]
        field.choices = [(name, _choice(name)) for name in client.allowed_scopes]  # type: ignore[attr-defined]
        field.initial = client.allowed_scopes


class _Label(str):
    """A choice's label with a heading and a description (templates/components/field.html)."""

    __slots__ = ("description", "heading")
    heading: str
    description: str


def _choice(name: str) -> _Label:
    label = _Label(name)
    label.heading = name
    label.description = gettext(scopes.SCOPES[name].title) if name in scopes.SCOPES else ""
    return label
