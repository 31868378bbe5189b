"""What the pages say, in the language that the browser prefers: the English text is the key."""

from __future__ import annotations

import json
from pathlib import Path

from flask import request

SWEDISH: dict[str, str] = json.loads(Path(__file__).with_name("words.sv.json").read_text(encoding="utf-8"))


def language() -> str:
    return request.accept_languages.best_match(["en", "sv"], "en") or "en"


def text(message: str, **values: str) -> str:
    """`message` in the reader's language, with `{name}` replaced by the value of that name."""
    translated = SWEDISH.get(message, message) if language() == "sv" else message
    return translated.format(**values) if values else translated
