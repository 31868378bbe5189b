"""Who may do what in a tenant (S1)."""

from enum import StrEnum


class Role(StrEnum):
    """The role of a user in their tenant."""

    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    USER = "user"


class Permission(StrEnum):
    """What a page or an operation asks for."""

    READ_CONSOLE = "read_console"  # clients, their secrets' hints, the audit log
    MANAGE_CLIENTS = "manage_clients"  # everything that changes a client, a secret or a connection
    MANAGE_PEOPLE = "manage_people"  # everything that changes who may sign in, and as what
    MANAGE_TENANT = "manage_tenant"  # its name and look, whom its people ask for help, how long sessions last
    OWN_ACCOUNT = "own_account"  # a person's own consents and preferences


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.AUDITOR: frozenset({Permission.READ_CONSOLE, Permission.OWN_ACCOUNT}),
    Role.USER: frozenset({Permission.OWN_ACCOUNT}),
}


def may(role: str, permission: Permission) -> bool:
    """Whether a user with `role` holds `permission`. An unknown role holds nothing."""
    try:
        return permission in PERMISSIONS[Role(role)]
    except ValueError:
        return False
