"""Lake Formation: grants of every kind, found however they are written; settings and locations as AWS shows them."""

from __future__ import annotations

import json
import time
from typing import Any

from moto.lakeformation.exceptions import EntityNotFound, InvalidInput
from moto.lakeformation.models import LakeFormationBackend, Permission, PermissionCatalog, Resource
from moto.lakeformation.responses import LakeFormationResponse

from emulator.core.patch import replace, wrap

Json = dict[str, Any]

ANY_IAM = "IAM_ALLOWED_PRINCIPALS"

# What ListPermissions' ResourceType selects.
_KINDS = {
    "CATALOG": {"Catalog"},
    "DATABASE": {"Database"},
    "TABLE": {"Table", "TableWithColumns", "DataCellsFilter"},
    "DATA_LOCATION": {"DataLocation"},
    "LF_TAG": {"LFTag"},
    "LF_TAG_POLICY": {"LFTagPolicy"},
    "LF_TAG_POLICY_DATABASE": {"LFTagPolicy"},
    "LF_TAG_POLICY_TABLE": {"LFTagPolicy"},
}


def plain(value: Any) -> Any:
    """The same thing written the same way: without the account's own catalog, and with lists that are sets in order."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key != "CatalogId" and inner is not None}
    if isinstance(value, list):
        return sorted((plain(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value


@replace(Permission)
def equal_principal_and_resouce(self: Permission, other: Permission) -> bool:
    """Whether both are grants to one principal on one thing; moto compares how they are written."""
    return plain(self.principal) == plain(other.principal) and plain(self.resource) == plain(other.resource)


@replace(Permission)
def __hash__(self: Permission) -> int:
    """A hash that stays when permissions are merged in; moto loses grants that change in their set."""
    return hash(json.dumps([plain(self.principal), plain(self.resource)], sort_keys=True))


@replace(PermissionCatalog)
def remove_permission(self: Any, permission: Permission) -> None:
    """Takes permissions from a grant, and the grant when nothing is left of it."""
    kept = set()
    for grant in self.permissions:
        if permission.equal_principal_and_resouce(grant):
            grant.diff(permission)
            if grant.is_empty():
                continue
        kept.add(grant)
    self.permissions = kept


@wrap(LakeFormationBackend)
def grant_permissions(
    moto: Any, self: Any, catalog_id: str, principal: Json, resource: Json, *rest: Any, **more: Any
) -> None:
    """Tags and filters that are granted have to exist."""
    for tag in resource.get("LFTagPolicy", {}).get("Expression", []):
        known = self.list_lf_tags(catalog_id).get(tag["TagKey"], [])
        if not set(tag["TagValues"]) <= set(known):
            raise EntityNotFound
    found = resource.get("DataCellsFilter")
    if found and (found["DatabaseName"], found["TableName"], found["Name"]) not in vars(self).get("cells_filters", {}):
        raise EntityNotFound
    moto(self, catalog_id, principal, resource, *rest, **more)


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


@replace(LakeFormationResponse)
def list_permissions(self: Any) -> str:
    """Grants by principal, thing and kind of thing, in pages; moto knows four kinds of things."""
    catalog_id = self._get_param("CatalogId") or self.current_account
    principal, resource = self._get_param("Principal"), self._get_param("Resource")
    kind = self._get_param("ResourceType")
    if principal is not None and not resource:
        raise InvalidInput("Resource is mandatory if Principal is set in the input.")
    if kind is not None and kind not in _KINDS:
        raise InvalidInput(f"Unknown resource type {kind}")
    catalog = self.lakeformation_backend.grants.get(catalog_id)
    found = [
        _shown(grant, catalog_id)
        for grant in (catalog.permissions if catalog else ())
        if (principal is None or plain(grant.principal) == plain(principal))
        and (not resource or _about(grant.resource, resource))
        and (kind is None or _of_kind(grant.resource, kind))
    ]
    found.sort(key=lambda grant: json.dumps(grant, sort_keys=True))
    start, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or 1000)
    answer: Json = {"PrincipalResourcePermissions": found[start : start + size]}
    if len(found) > start + size:
        answer["NextToken"] = str(start + size)
    return json.dumps(answer)


def _about(granted: Json, asked: Json) -> bool:
    """Whether a grant is on what was asked about. A table's grants on some of its columns count."""
    if "Table" in asked:
        table = granted.get("Table") or granted.get("TableWithColumns")
        if table is None or table["DatabaseName"] != asked["Table"]["DatabaseName"]:
            return False
        wildcard = asked["Table"].get("TableWildcard") is not None
        return "TableWildcard" in table if wildcard else table.get("Name") == asked["Table"].get("Name")
    return plain(granted) == plain(asked)


def _of_kind(granted: Json, kind: str) -> bool:
    if not _KINDS[kind] & granted.keys():
        return False
    wanted = kind.removeprefix("LF_TAG_POLICY_")
    return wanted == kind or granted["LFTagPolicy"]["ResourceType"] == wanted


def _shown(grant: Permission, catalog_id: str) -> Json:
    """A grant with the catalog that AWS names in every thing but a catalog and a filter."""
    resource = {
        kind: thing if kind in ("Catalog", "DataCellsFilter") else {"CatalogId": catalog_id, **thing}
        for kind, thing in grant.resource.items()
    }
    return {
        "Principal": grant.principal,
        "Resource": resource,
        "Permissions": sorted(grant.permissions),
        "PermissionsWithGrantOption": sorted(grant.permissions_with_grant_options),
    }


@wrap(LakeFormationBackend)
def put_data_lake_settings(moto: Any, self: Any, catalog_id: str, settings: Json) -> None:
    """What new tables are given stays when a request leaves it out: it takes an empty list to close them."""
    before = self.settings[catalog_id]
    for field in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
        if settings.get(field) is None:
            settings[field] = before[field]
    moto(self, catalog_id, settings)


@wrap(LakeFormationBackend)
def register_resource(moto: Any, self: Any, resource_arn: str, role_arn: str) -> None:
    """Remembers when a location was registered."""
    moto(self, resource_arn, role_arn)
    self.resources[resource_arn].registered = time.time()


@wrap(Resource)
def to_dict(moto: Any, self: Any) -> Json:
    """Shows a location's switches, which are off, and when it was registered."""
    return {**moto(self), "HybridAccessEnabled": False, "WithFederation": False, "LastModified": self.registered}
