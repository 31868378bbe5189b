"""The form with which people are invited: addresses, as many as one mail program takes at a time, and a role."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...models import AlreadyThere, Invited, User
from ...models.invitation import LIMIT, MOST_AT_ONCE
from ...policy import text
from .text import NameField, check_name

SEPARATORS = re.compile(r"[,;\n]+")
WITH_NAME = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>")
NAME_LENGTH = 255
MOST_SAID = 10  # addresses of which it is said one by one what is wrong
SHOWN = 80  # letters of what somebody typed that is no address

HAS_ACCOUNT: Promise | str = gettext_lazy("%(email)s already has an account.")
IS_INVITED: Promise | str = gettext_lazy("%(email)s has already been invited.")


class InvitationForm(forms.Form):
    """`cleaned_data["addresses"]` is a list of Invited, each address once. `refuse` says who is there already."""

    addresses = forms.CharField(
        label=gettext_lazy("Email addresses"),
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
        help_text=gettext_lazy("One on each line. A name can stand before it: Anna Ek <anna@example.com>"),
    )
    name = NameField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=NAME_LENGTH,
        validators=[check_name],
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=gettext_lazy("If you invite one person."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=User.Role.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Administrators manage clients and people. Auditors read the console. Users have their own account."
        ),
    )

    use_required_attribute = False

    def clean_addresses(self) -> list[Invited]:
        """Everything that is wrong is said at once."""
        people: dict[str, Invited] = {}
        errors = []
        for written in _written(self.cleaned_data["addresses"]):
            try:
                one = _read(written)
                people.setdefault(one.email, one)
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors[:MOST_SAID])
        most = min(MOST_AT_ONCE, settings.LIMITS[LIMIT])
        if len(people) > most:
            raise ValidationError(
                _("You can invite %(number)d people at a time. There are %(found)d.")
                % {"number": most, "found": len(people)}
            )
        return list(people.values())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        people, name = cleaned.get("addresses", []), cleaned.get("name", "")
        if name and len(people) > 1:
            self.add_error(
                "name", _("Write the names beside the addresses if you invite more than one person.")
            )
        elif name and people and not people[0].name:
            cleaned["addresses"] = [Invited(people[0].email, name)]
        return cleaned

    def refuse(self, there: AlreadyThere) -> None:
        """Says beside the field which addresses are there already, and why."""
        said = [(HAS_ACCOUNT, email) for email in sorted(there.accounts)]
        said += [(IS_INVITED, email) for email in sorted(there.invited - there.accounts)]
        for sentence, email in said[:MOST_SAID]:
            self.add_error("addresses", str(sentence) % {"email": email})


def _written(addresses: str) -> Iterator[str]:
    return (part.strip() for part in SEPARATORS.split(addresses.replace("\r", "\n")) if part.strip())


def _read(written: str) -> Invited:
    """An address, or a name and an address in angle brackets."""
    matched = WITH_NAME.fullmatch(written)
    email = (matched["email"] if matched else written).strip().lower()
    name = text.name(matched["name"].strip().strip('"')) if matched else ""
    try:
        validate_email(email)
        valid = len(email) <= 254
    except ValidationError:
        valid = False
    if not valid:
        shown = text.one_line(written, SHOWN)
        raise ValidationError(_("“%(text)s” is not an email address.") % {"text": shown})
    if name:
        check_name(name)
    return Invited(email, name[:NAME_LENGTH])
