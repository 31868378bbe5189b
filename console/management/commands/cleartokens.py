"""Takes the place of django-oauth-toolkit's `cleartokens`."""

from console.management.instead import Instead


class Command(Instead):
    help = "Use manage.py expire: it removes expired tokens, and everything else that has expired."
