"""What the documents point to is there: links between them, and the files that they name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])
PLACES = (ROOT, ROOT / "console", ROOT / "qlikauth", ROOT / "tests")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)[^)]*\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|html|js|css|po|toml|md|lock))`")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_file_that_is_named_exists(document: Path) -> None:
    """Below the root, or below the folder that the sentence is about. NOUN and … stand for what the reader has."""
    text = re.sub(
        r"<!-- .*", "", document.read_text(encoding="utf-8"), flags=re.DOTALL
    )  # figures of another tree
    names = [name for name in FILE.findall(text) if "NOUN" not in name and "…" not in name]

    assert [name for name in names if not any((place / name).exists() for place in PLACES)] == []


def test_the_documents_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/decisions/README.md"} <= set(
        map(named, DOCUMENTS)
    )


def test_the_index_lists_every_decision() -> None:
    index = ROOT / "docs/decisions/README.md"
    listed = LINK.findall(index.read_text(encoding="utf-8"))

    assert sorted(listed) == sorted(path.name for path in index.parent.glob("[0-9]*.md"))
