"""Judges a new password as Django asks validators to (policy/passwords.py has the rule)."""

from urllib.parse import urlsplit

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..policy import passwords
from . import User


class NotGuessable:
    """Refuses what is easy to guess, with the reason. What is too short is told by another validator."""

    def __init__(self) -> None:
        self.leaked = CommonPasswordValidator().passwords  # the 20,000 that Django brings along

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError, without any part of the password in it."""
        if len(password) < passwords.MIN_LENGTH:
            return
        found = passwords.weakness(password, _about(user) if user else ())
        if password.lower().strip() in self.leaked:
            found = found or passwords.Weakness.COMMON
        if found:
            raise ValidationError(_(found.value), code=found.name.lower())

    def get_help_text(self) -> str:
        """What stands below the field."""
        return _(
            "Use several words that do not belong together: they are hard to guess and easy to remember. "
            "Common passwords, keyboard patterns and your own name are not accepted."
        )


def _about(user: User) -> list[str]:
    """What somebody who wants to get into the account would try first."""
    host = urlsplit(user.tenant.issuer).hostname or ""
    return [user.email, user.name, user.tenant.name, user.tenant.alias, host]
