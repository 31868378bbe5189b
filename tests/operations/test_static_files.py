"""Static files: ours, and of the installed packages those that pages use and nothing else."""

import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.finders import find, get_finders
from django.templatetags.static import static
from pytest_django import Settings

from console.http.static_files import BUNDLES, Bundles
from console.models import Tenant
from tests.cast import stranger_on

SOURCES = django_settings.BASE_DIR / "static"
HTMX = "django_htmx/htmx-2.min.js"


def test_of_packages_there_is_what_pages_use():
    listed = {path for finder in get_finders() for path, _storage in finder.list(None)}

    assert {path for path in listed if not path.startswith(("css/", "js/", "icons/", "fonts/"))} == {HTMX}
    assert find(HTMX)
    for path in ("django_htmx/htmx-2.js", "django_htmx/ext/hx-sse-2.js", "admin/js/core.js"):
        assert not find(path)


@pytest.mark.django_db
def test_every_file_that_a_page_names_is_there(acme: Tenant):
    page = stranger_on(acme).get("/login").content.decode()
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert static(HTMX) in named
    assert all(find(path.removeprefix("/static/")) for path in named)


def test_a_bundle_holds_every_part_in_order():
    styles, script = (Path(str(find(path))).read_text() for path in BUNDLES)

    for bundle, folder in ((styles, "css"), (script, "js")):
        named = re.findall(r'"\./([\w.-]+)"', (SOURCES / folder / f"main.{folder}").read_text())
        places = [bundle.index((SOURCES / folder / name).read_text()) for name in named]
        assert places == sorted(places)
        assert not re.search(r"^(@?import|export) ", bundle, flags=re.MULTILINE)


def test_no_file_of_ours_is_forgotten():
    """A component that main.css or main.js does not name would never be sent, unless a page names it itself."""
    alone = {"submit-at-once.js", "main.css", "main.js"}
    for folder in ("css", "js"):
        main = (SOURCES / folder / f"main.{folder}").read_text()
        assert {path.name for path in (SOURCES / folder).iterdir() if f'"./{path.name}"' not in main} <= alone


def test_a_bundle_is_written_anew_when_a_part_changes(settings: Settings, tmp_path: Path):
    shutil.copytree(SOURCES, tmp_path / "static")
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "var" / "static"
    finder = Bundles()
    before = Path(finder.find("css/main.css")).read_text()
    (tmp_path / "static/css/badge.css").write_text("/* another */")

    assert "/* another */" not in before
    assert "/* another */" in Path(finder.find("css/main.css")).read_text()
    assert finder.find("css/badge.css") == []


def test_a_bundle_that_cannot_be_written_is_left_to_its_parts(settings: Settings, tmp_path: Path):
    (tmp_path / "file").write_text("")
    settings.STATIC_ROOT = tmp_path / "file" / "static"

    assert Bundles().find("css/main.css") == []
    assert list(Bundles().list(None)) == []
