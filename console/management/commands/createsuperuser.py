"""Takes the place of Django's `createsuperuser`."""

from console.management.instead import Instead


class Command(Instead):
    help = "Use manage.py create_user with --admin: an administrator belongs to a tenant."
