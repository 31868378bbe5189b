"""A section of the tenant's settings: a form that is saved by itself, and knows what its reader has seen."""

import json
from typing import Any, ClassVar

from django import forms
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import Promise

from ...models import TenantSettings
from ...policy.pictures import Logo


class Section(forms.Form):
    """A part of the settings. `columns` are what it changes; `facts` is what TenantSettings.change takes."""

    part: ClassVar[str]
    title: ClassVar[Promise | str]
    description: ClassVar[Promise | str] = ""
    columns: ClassVar[tuple[str, ...]]

    use_required_attribute = False

    def __init__(self, stored: TenantSettings, data: Any = None, files: Any = None) -> None:
        self.stored = stored
        super().__init__(
            data,
            files,
            initial={name: stored.value_of(name) for name in self.columns},
            auto_id=f"id_{self.part}_%s",
        )

    @property
    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.columns}

    @property
    def picture(self) -> Logo | None:
        """A new logo; None in any other section."""
        return None

    @property
    def shown(self) -> str:
        """A keyed digest of the state that this section shows: who saves has seen what they change."""
        return seal(self.stored, self.columns)

    def saw(self, current: TenantSettings) -> bool:
        """Whether the form was opened on the present state. If not, it goes on from there: saved once more, it
        takes the place of what somebody else has saved."""
        seen = constant_time_compare(str(self.data.get("shown", "")), seal(current, self.columns))
        self.stored = current
        return seen

    @property
    def current(self) -> list[tuple[Any, str]]:
        """Label and value of each field as it is stored, for whoever may only read, or was overtaken."""
        return [
            (self.fields[name].label, self.in_words(name)) for name in self.columns if name in self.fields
        ]

    def in_words(self, name: str) -> str:
        """The stored value of a column; "" for none."""
        value = self.stored.value_of(name)
        return "" if value is None else str(value)


def seal(settings: TenantSettings, columns: tuple[str, ...]) -> str:
    """Names one state of some columns."""
    state = json.dumps([str(settings.tenant_id), *(settings.value_of(name) for name in columns)])
    return salted_hmac("tenant settings", state, algorithm="sha256").hexdigest()
