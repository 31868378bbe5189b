"""Templates without their indentation: what a contributor reads by is a quarter of a page, and nobody sees it there."""

import re

from django.template import Origin
from django.template.loaders.filesystem import Loader

INDENTATION = re.compile(r"\s*\n\s*")
# Nothing comes of these. Alone on a line they leave a second line break, where the one before them is enough.
SILENT = re.compile(
    r"^(\{% (?:(?:if|elif|for|with|load)\b[^%\n]*|(?:url|translate|querystring)\b[^%\n]* as \w+ "
    r"|else |endif |empty |endfor |endwith )%\})\n",
    re.MULTILINE,
)
# No text stands beside these.
BESIDE_PARTS = re.compile(r"\n(?=</?(?:t[dhr]|tbody|thead|caption|option|div|ul|li)\b)")


class LeanLoader(Loader):
    """Reads HTML templates with one line break for each stretch of white space that has one: the same to a browser,
    which shows both as one space. Only <pre> and <textarea> would tell, and no template breaks a line in one.
    """

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        return lean(contents) if str(origin.name).endswith(".html") else contents


def lean(contents: str) -> str:
    """The source of a template, lighter."""
    return BESIDE_PARTS.sub("", SILENT.sub(r"\1", INDENTATION.sub("\n", contents)))
