"""The allow lists of a client as its form shows them: rows, what is wrong with them, what is decided beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.forms.boundfield import BoundField

from . import addresses, schemes
from .rows import Row, list_errors, rows_of

PLACEHOLDERS = {
    addresses.REDIRECT: "https://app.example.com/callback",
    addresses.SIGN_OUT: "https://app.example.com/",
    addresses.ORIGIN: "https://app.example.com",
}
ON_THIS_DEVICE = "http://127.0.0.1/callback"


@dataclass(frozen=True, slots=True)
class AddressList:
    """One allow list, as templates/components/list_field.html shows it."""

    bound: BoundField
    check_url: str
    placeholder: str
    confirmations: Sequence[schemes.Confirmation] = ()
    offers: Sequence[str] = ()  # origins that can be added with a tick
    offers_ticked: bool = False

    @property
    def name(self) -> str:
        return self.bound.name

    @property
    def label(self) -> str:
        return str(self.bound.label)

    @property
    def hint(self) -> str:
        return str(self.bound.help_text)

    @property
    def max(self) -> int:
        """How many addresses it may hold."""
        return addresses.limit(self.name)

    @property
    def rows(self) -> list[Row]:
        """What was entered or is stored, and blank rows up to the limit."""
        rows = rows_of(self.bound)
        return [*rows, *[Row("")] * (self.max - len(rows))]

    @property
    def errors(self) -> list[str]:
        """What is wrong with the list as a whole."""
        return list_errors(self.bound)

    @property
    def optional(self) -> bool:
        return self.name != addresses.REDIRECT

    @property
    def is_faulty(self) -> bool:
        """Whether something in it must be mended or confirmed, so that it has to be seen."""
        return bool(self.errors) or any(row.error for row in self.rows)
