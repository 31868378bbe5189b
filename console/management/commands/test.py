"""Takes the place of Django's `test`."""

from console.management.instead import Instead


class Command(Instead):
    help = "Use make test: the tests run with pytest."
