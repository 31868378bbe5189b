"""Takes the place of django-oauth-toolkit's `clearcimdapplications`."""

from console.management.instead import Instead


class Command(Instead):
    help = "Use manage.py expire: no client is registered by a metadata document, so none expires by itself."
