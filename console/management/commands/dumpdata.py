"""Takes the place of Django's `dumpdata`."""

from console.management.instead import Instead


class Command(Instead):
    help = "Use pg_dump, or VACUUM INTO of sqlite3 for the embedded database: they copy one moment, and all of it."
