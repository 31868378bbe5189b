"""Static files under names that change with their content, so that browsers may keep them for ever."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Whatever else a package has would be served too, and has imports that cannot be given hashed names.
USED_OF_PACKAGES = frozenset({"django_htmx/htmx-2.min.js"})


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
