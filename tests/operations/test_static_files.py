"""Static files: ours, and of the installed packages those that pages use and nothing else."""

import re

import pytest
from django.contrib.staticfiles.finders import find, get_finders
from django.templatetags.static import static

from console.models import Tenant
from tests.cast import stranger_on

HTMX = "django_htmx/htmx-2.min.js"


def test_of_packages_there_is_what_pages_use():
    listed = {path for finder in get_finders() for path, _storage in finder.list(None)}

    assert {path for path in listed if not path.startswith(("css/", "js/", "icons/"))} == {HTMX}
    assert find(HTMX)
    for path in ("django_htmx/htmx-2.js", "django_htmx/ext/hx-sse-2.js", "admin/js/core.js"):
        assert not find(path)


@pytest.mark.django_db
def test_every_file_that_a_page_names_is_there(acme: Tenant):
    page = stranger_on(acme).get("/login").content.decode()
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert static(HTMX) in named
    assert all(find(path.removeprefix("/static/")) for path in named)
