"""The field in which a logo is uploaded, of a tenant or of a client."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...policy import pictures
from ...policy.pictures import InvalidPicture, Logo

ACCEPTED = "image/png,image/jpeg,image/webp"


class LogoField(forms.FileField):
    """Its value is a Logo: the picture, drawn anew (policy/pictures.py)."""

    widget = forms.FileInput(attrs={"accept": ACCEPTED})

    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {
            "label": gettext_lazy("Logo"),
            "help_text": gettext_lazy(
                "PNG, JPEG or WebP, at most 512 kB. It is shown at most 256 pixels wide and high, "
                "on a white ground."
            ),
            "allow_empty_file": True,  # it has a sentence of its own
            "error_messages": {"required": gettext_lazy("Choose a file.")},
        }
        super().__init__(**usual | options)

    def clean(self, data: Any, initial: Any = None) -> Logo:
        uploaded: UploadedFile[Any] = super().clean(data, None)  # the present logo is no file
        try:
            if (uploaded.size or 0) > pictures.MOST_BYTES:
                raise InvalidPicture(pictures.TOO_LARGE)
            return pictures.logo(uploaded.read())
        except InvalidPicture as refused:
            raise ValidationError(_(refused.message)) from None


class LogoForm(forms.Form):
    """One file."""

    logo = LogoField()
    use_required_attribute = False
