"""Marks a sentence for translation without translating it: policy decides, the surfaces speak a language."""


def gettext_noop(message: str) -> str:
    """Returns `message` as it is; the name is what `makemessages` looks for."""
    return message
