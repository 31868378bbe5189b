"""What was typed into *Create client*, while the person goes back to the type and on again (S2)."""

from collections.abc import Mapping

from django.http import QueryDict

from ...policy.client_types import ClientType
from .choices import OwnBoxes
from .client import ClientForm
from .keys import key_text

Inputs = list[tuple[str, str]]  # name and value of hidden inputs


def carried(sent: QueryDict, form: ClientForm | None) -> Inputs:
    """What a person has typed who goes back to the type, also into fields that only another type has.

    `form` is the empty form of the type that they come from; what it proposes of itself is left out, so that the next
    type can propose its own. None if that type is not known.
    """
    return _inputs(
        {
            name: _of_others(form, name, sent)
            if form and _is_proposed(form, name, sent)
            else sent.getlist(name)
            for name in _names()
        },
    )


def beside(form: ClientForm, sent: QueryDict) -> Inputs:
    """What was typed into fields that `form` does not have: it is kept beside them, for the type that has them."""
    return _inputs(
        {
            name: _of_others(form, name, sent) if name in form.fields else sent.getlist(name)
            for name in _names()
        },
    )


def _names() -> list[str]:
    """The fields that a new client can have: a web client has all of them."""
    return [name for name in ClientForm(ClientType.WEB.value).fields if name != "version"]


def _is_proposed(form: ClientForm, name: str, sent: QueryDict) -> bool:
    if name not in form.fields:
        return False
    field = form.fields[name]
    value = field.widget.value_from_datadict(sent, {}, name)
    return (value or None) == (form.get_initial_for_field(field, name) or None)


def _of_others(form: ClientForm, name: str, sent: QueryDict) -> list[str]:
    """What was entered into a field of this name that another type has."""
    widget = form.fields[name].widget
    return widget.of_others(sent, name) if isinstance(widget, OwnBoxes) else []


def _inputs(kept: Mapping[str, list[str]]) -> Inputs:
    inputs = [(name, str(value)) for name, values in kept.items() for value in values]
    # A private key that was pasted by mistake is not sent back.
    return [(name, value) for name, value in inputs if name != "public_keys" or key_text(value)]
