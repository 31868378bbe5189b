"""The forms with which people prove who they are and choose a password."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.utils.translation import gettext_lazy as _

from ...models import User

MAX_PASSWORD = 4096


class SignInForm(forms.Form):
    """Takes any address and password that a person may have; whether they fit is asked elsewhere."""

    email = forms.CharField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=MAX_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"max_length": _("This is too long to be a password.")},
    )

    def __init__(self, *args: Any, expired: bool = False, **kwargs: Any) -> None:
        """`expired`: the form came too late; it says so, keeps the address, and asks for the password again."""
        super().__init__(*args, **kwargs)
        self.expired = expired
        if self.initial.get("email") or self.data.get(
            "email"
        ):  # the address is known: the password is what is asked for
            del self.fields["email"].widget.attrs["autofocus"]
            self.fields["password"].widget.attrs["autofocus"] = True
        del self.fields["password"].widget.attrs[
            "maxlength"
        ]  # a browser would cut what is pasted without a word

    def full_clean(self) -> None:
        super().full_clean()
        if self.expired:
            self._errors = forms.utils.ErrorDict()
            self.add_error(None, _("This form has expired. Enter your password once more."))

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class ChoosePasswordForm(forms.Form):
    """A new password, typed twice."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=MAX_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
        error_messages={"max_length": _("This is too long to be a password.")},
    )
    password_again = forms.CharField(
        label=_("Confirm password"),
        strip=False,
        max_length=MAX_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"max_length": _("This is too long to be a password.")},
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = " ".join(password_validators_help_texts())
        for field in self.fields.values():
            del field.widget.attrs["maxlength"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (
            "password" in cleaned
            and "password_again" in cleaned
            and cleaned["password"] != cleaned["password_again"]
        ):
            self.add_error("password_again", _("The passwords do not match."))
        return cleaned


class ChangePasswordForm(ChoosePasswordForm):
    """A person's own new password, with the present one, which is checked elsewhere: attempts are counted."""

    field_order = ("present_password", "password", "password_again")
    present_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=MAX_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"max_length": _("This is too long to be a password.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("New password")
        del self.fields["password"].widget.attrs["autofocus"]


class ForgotPasswordForm(forms.Form):
    """The address of somebody who has forgotten their password."""

    email = forms.CharField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()
