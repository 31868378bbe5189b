"""Command line: `python -m tests.template_layout [--check]`."""

import re
import sys

from .documents import WIDTH
from .layout import layout
from .whitespace import ROOT, understood

TEMPLATES = ROOT / "templates"


def bare(text: str) -> str:
    """A template without whitespace, and every translated sentence in one of the two ways to mark it."""
    long = (
        r'\{%\s*translate\s+"([^"]*)"\s+as\s+(\w+)\s*%\}',
        r"{%blocktranslateasvar\2%}\1{%endblocktranslate%}",
    )
    short = r'\{%\s*translate\s+"([^"]*)"\s*%\}', r"{%blocktranslate%}\1{%endblocktranslate%}"
    for pattern, same in (long, short, (r"(\{%\s*blocktranslate)\s+trimmed", r"\1"), (r"\s+", "")):
        text = re.sub(pattern, same, text)
    return text


def laid_out(sources: dict[str, str]) -> dict[str, str]:
    """The same templates, laid out. Repeated as long as one makes room for another that it includes."""
    wanted = {name: bare(text) for name, text in sources.items()}
    while True:
        trees = understood(sources).trees
        done = {
            name: layout(trees[name], "\n" if text.endswith("\n") else "") for name, text in sources.items()
        }
        changed = [name for name, text in done.items() if bare(text) != wanted[name]]
        if changed:
            raise AssertionError(f"More than whitespace would change: {', '.join(changed)}")
        if done == sources:
            return done
        sources = done


def main(check: bool) -> int:
    """Lays all templates out, or says which are not. Exit status 1: something is left to do."""
    paths = {str(path.relative_to(TEMPLATES)): path for path in sorted(TEMPLATES.rglob("*.html"))}
    sources = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    wrong: list[str] = []
    for name, text in laid_out(sources).items():
        wrong += [
            f"templates/{name}:{number}: {len(line)} columns, and no place where the line can be broken"
            for number, line in enumerate(text.splitlines(), 1)
            if len(line) > WIDTH
        ]
        if text != sources[name]:
            if check:
                wrong.append(f"templates/{name}: not laid out, run `make format`")
            else:
                paths[name].write_text(text, encoding="utf-8")
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(check="--check" in sys.argv[1:]))
