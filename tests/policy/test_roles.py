"""Who may do what in a tenant (S1)."""

import pytest

from console.policy.roles import PERMISSIONS, Permission, Role, may

READ, MANAGE, OWN = Permission.READ_CONSOLE, Permission.MANAGE_CLIENTS, Permission.OWN_ACCOUNT
PEOPLE, TENANT = Permission.MANAGE_PEOPLE, Permission.MANAGE_TENANT


@pytest.mark.spec("ASVS 5.0", "8.2.1")
@pytest.mark.parametrize(
    ("role", "permissions"),
    [("administrator", {READ, MANAGE, PEOPLE, TENANT, OWN}), ("auditor", {READ, OWN}), ("user", {OWN})],
)
def test_s1_a_role_holds_these_permissions_and_no_other(role, permissions):
    assert {permission for permission in Permission if may(role, permission)} == permissions


@pytest.mark.parametrize("role", ["", "Administrator", "admin", "administrator ", "root", "\0", "user\n"])
@pytest.mark.parametrize("permission", Permission)
def test_an_unknown_role_holds_nothing(role, permission):
    assert not may(role, permission)


def test_every_role_is_described():
    assert set(PERMISSIONS) == set(Role)
