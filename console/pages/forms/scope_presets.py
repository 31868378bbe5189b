"""Scopes that belong to one job, ticked and cleared together (Q4), and changing what is ticked without a script.

A button of the scope picker sends the form with `step=preset:KEY` or `step=without:SCOPE`: nothing is saved then, the
form comes back with the boxes changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELD = "allowed_scopes"
PRESET, WITHOUT = "preset:", "without:"


@dataclass(frozen=True, slots=True)
class Preset:
    """A job and the scopes that it needs, no more."""

    key: str
    label: str | Promise
    scopes: tuple[str, ...]
    broad: bool = False

    @property
    def names(self) -> str:
        """Its scopes, separated by spaces."""
        return " ".join(self.scopes)

    def toggled(self, chosen: Sequence[str]) -> list[str]:
        """What is chosen after its button: without its scopes if all of them were, else with them."""
        if set(self.scopes) <= set(chosen):
            return [name for name in chosen if name not in self.scopes]
        return [*chosen, *(name for name in self.scopes if name not in chosen)]


SIGN_IN = Preset("sign-in", _("Sign people in"), ("openid", "profile", "email"))
# Without offline_access: calling APIs while somebody works does not need access that outlives their session.
AS_USER = Preset("as-user", _("Call APIs as the user"), ("user_default",))
AS_ITSELF = Preset("as-itself", _("Call APIs"), ("user_default",))
ADMINISTER = Preset("administer", _("Administer"), ("admin_classic",), broad=True)
FOR_PEOPLE = (SIGN_IN, AS_USER, ADMINISTER)
FOR_MACHINES = (AS_ITSELF, ADMINISTER)
PRESETS = {preset.key: preset for preset in (*FOR_PEOPLE, *FOR_MACHINES)}


@dataclass(frozen=True, slots=True)
class Button:
    """A preset as the picker shows it; `pressed` if all of its scopes are chosen."""

    preset: Preset
    pressed: bool


def buttons(presets: Collection[Preset], chosen: Collection[str]) -> list[Button]:
    """The presets, with the state that `chosen` gives them."""
    return [Button(preset, set(preset.scopes) <= set(chosen)) for preset in presets]


def picked(sent: QueryDict) -> QueryDict | None:
    """What was typed, with the scopes that a button of the picker leaves; None if the form was sent by another."""
    step, chosen = sent.get("step", ""), sent.getlist(FIELD)
    if step.startswith(WITHOUT):
        chosen = [name for name in chosen if name != step.removeprefix(WITHOUT)]
    elif step.startswith(PRESET) and (preset := PRESETS.get(step.removeprefix(PRESET))):
        chosen = preset.toggled(chosen)
    else:
        return None
    changed = sent.copy()
    changed.setlist(FIELD, chosen)
    return changed
