"""Static files under names that change with their content, so that browsers may keep them for ever.

There is a file per component, and a page fetches two: css/main.css and js/main.js name the others and are sent with
them inside. As they stand they work too: a browser would follow what they import.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Whatever else a package has would be served too, and has imports that cannot be given hashed names.
USED_OF_PACKAGES = frozenset({"django_htmx/htmx-2.min.js"})
BUNDLES = ("css/main.css", "js/main.js")
IMPORT = re.compile(r'^(?:@import|import) "\./([\w-]+\.(?:css|js))";$', re.MULTILINE)


def bundled(path: Path) -> str:
    """The text of a file with what it imports in place of the import. What a module declares stays its own."""

    def inside(found: re.Match[str]) -> str:
        text = (path.parent / found[1]).read_text()
        return text if path.suffix == ".css" else f"{{\n{text}}}"

    return IMPORT.sub(inside, path.read_text())


class Bundles(BaseFinder):
    """The files that hold others: written beside the collected ones, and anew whenever one of the parts has changed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.storage = FileSystemStorage(Path(settings.STATIC_ROOT).with_name("bundled"))

    def check(self, **options: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        """Where a bundle is; [] for any other file, and where none can be written: its parts are served then."""
        found = [self._written(path)] if path in BUNDLES else []
        places = [place for place in found if place]
        return places if find_all or not places else places[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        """(path, storage) of each."""
        return ((path, self.storage) for path in BUNDLES if self._written(path))

    def _written(self, path: str) -> str | None:
        """The place of a bundle that is up to date. Several processes may write it: it appears whole."""
        place = Path(self.storage.path(path))
        text = bundled(settings.BASE_DIR / "static" / path)
        try:
            if not place.exists() or place.read_text() != text:
                place.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as file:
                    file.write(text)
                os.chmod(file.name, 0o644)
                os.replace(file.name, place)
        except OSError:
            return None
        return str(place)


class PackageFiles(AppDirectoriesFinder):
    """The files of installed packages that our pages use: their versions are those of the lock file."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        """(path, storage) of each."""
        return (found for found in super().list(ignore_patterns) if found[0] in USED_OF_PACKAGES)

    def find(self, path: str, *args: Any, **options: Any) -> Any:
        """Where a file is, [] for any other than those."""
        return super().find(path, *args, **options) if path in USED_OF_PACKAGES else []


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Also rewrites `import` statements between our JavaScript modules.

    Before `collectstatic` has run (a first look, a test) a file is simply served under its own name.
    """

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        if not self.hashed_files:
            return name
        stored: str = super().stored_name(name)
        return stored
