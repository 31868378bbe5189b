"""Static files under names that change with their content, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


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
