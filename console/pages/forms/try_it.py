"""What an administrator chooses before trying a client."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...models import Api, Client
from ...policy import apis, scopes
from ..api_words import title_of


class TryForm(forms.Form):
    """The scopes to ask for: some of the client's own."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes to ask for"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, client: Client, resources: Sequence[Api], *args: Any, **kwargs: Any) -> None:
        """`resources` are the APIs that the client has scopes of, besides the catalogue."""
        super().__init__(*args, **kwargs)
        field = self.fields["scopes"]
        known = {api.identifier: api for api in resources}
        field.choices = [(name, _choice(name, known)) for name in client.allowed_scopes]  # type: ignore[attr-defined]
        field.initial = client.allowed_scopes


class _Label(str):
    """A choice's label with a heading and a description (templates/components/field.html)."""

    __slots__ = ("description", "heading")
    heading: str
    description: str


def _choice(name: str, known: Mapping[str, Api]) -> _Label:
    identifier, bare = apis.split(name)
    label = _Label(name)
    label.heading = bare
    if name in scopes.SCOPES:
        label.description = gettext(scopes.SCOPES[name].title)
    elif (api := known.get(identifier)) is not None:
        titles = {scope.name: title_of(scope) for scope in api.facts.scopes}
        label.description = " · ".join(filter(None, [api.name, titles.get(bare, gettext("No longer there"))]))
    else:
        label.description = identifier
    return label
