"""Lake Formation: revoking, and grants that change under their own hash."""

from __future__ import annotations

from typing import Any

from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.models import (
    LakeFormationBackend,
    Permission,
    PermissionCatalog,
)

from emulator.overlay.patch import replace, wrap


@replace(PermissionCatalog)
def remove_permission(self: Any, permission: Permission) -> None:
    """Takes permissions from a grant; moto keeps grants in a set whose hashes
    change when a second grant is merged in, and then cannot find them."""
    kept = set()
    for grant in self.permissions:
        if permission.equal_principal_and_resouce(grant):
            grant.diff(permission)
            if grant.is_empty():
                continue
        kept.add(grant)
    self.permissions = kept


@wrap(LakeFormationBackend)
def revoke_permissions(
    moto: Any,
    self: Any,
    catalog_id: str,
    principal: dict[str, str],
    resource: dict[str, Any],
    **revoked: Any,
) -> None:
    """Revoking what nobody was granted fails; the provider revokes until it does."""
    catalog = self.grants.get(catalog_id)
    wanted = Permission(principal, resource, [], [])
    if catalog is None or not any(wanted.equal_principal_and_resouce(grant) for grant in catalog.permissions):
        raise InvalidInput(
            "No permissions revoked. Grantee has no permissions and no grantable permissions on resource."
        )
    moto(self, catalog_id, principal, resource, **revoked)
