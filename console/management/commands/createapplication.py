"""Takes the place of django-oauth-toolkit's `createapplication`."""

from console.management.instead import Instead


class Command(Instead):
    help = "Use manage.py create_client: a client belongs to a tenant, and its type decides what it may do."
