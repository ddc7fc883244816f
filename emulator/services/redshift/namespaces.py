"""Namespaces: databases, users and roles of Redshift Serverless; and the tags of all that it has."""

from __future__ import annotations

import uuid

from emulator.core.permissions import documents
from emulator.core.permissions.authorization_requests import arn
from emulator.core.refusals import acting
from emulator.core.refusals.registry import Refused
from emulator.services.redshift.state import STATE, Held, Json, found, free, invalid

_PASSWORD = ("adminPasswordSecretKmsKeyId", "adminUserPassword", "manageAdminPassword")
_ATTRIBUTES = (
    "adminPasswordSecretKmsKeyId",
    "adminUsername",
    "defaultIamRoleArn",
    "iamRoles",
    "kmsKeyId",
    "logExports",
)


def create(given: Json) -> Json:
    """CreateNamespace."""
    name = given["namespaceName"]
    free(STATE.namespaces, "namespace", name)
    _check(given, given.get("iamRoles", []))
    attributes = {
        "namespaceName": name,
        "dbName": "dev",
        "kmsKeyId": "AWS_OWNED_KMS_KEY",
        "iamRoles": [],
        "logExports": [],
    }
    held = Held("namespace", attributes | {key: given[key] for key in (*_ATTRIBUTES, "dbName") if key in given})
    if given.get("manageAdminPassword"):
        secret = f"secret:redshift!{name}-{given.get('adminUsername', 'admin')}-{uuid.uuid4().hex[:6]}"
        held.attributes["adminPasswordSecretArn"] = arn("secretsmanager", secret)
    STATE.namespaces[name] = held
    STATE.tags[held.arn] = {tag["key"]: tag["value"] for tag in given.get("tags", [])}
    return {"namespace": _shown(held)}


def get(given: Json) -> Json:
    """GetNamespace."""
    return {"namespace": _shown(found(STATE.namespaces, "namespace", given["namespaceName"]))}


def list_all(_given: Json) -> Json:
    """ListNamespaces, all on one page."""
    STATE.sweep()
    return {"namespaces": [_shown(held) for held in STATE.namespaces.values()]}


def update(given: Json) -> Json:
    """UpdateNamespace."""
    held = found(STATE.namespaces, "namespace", given["namespaceName"])
    _check(
        {"defaultIamRoleArn": held.attributes.get("defaultIamRoleArn"), **given},
        given.get("iamRoles", held.attributes["iamRoles"]),
    )
    held.changes("MODIFYING")
    held.attributes |= {key: given[key] for key in _ATTRIBUTES if key in given}
    return {"namespace": _shown(held)}


def delete(given: Json) -> Json:
    """DeleteNamespace: after its workgroup, which is what computes for it."""
    held = found(STATE.namespaces, "namespace", given["namespaceName"])
    users = [
        name for name, one in STATE.workgroups.items() if one.attributes["namespaceName"] == given["namespaceName"]
    ]
    if users:
        raise Refused("ConflictException", f"The namespace has the workgroup {users[0]}: delete that first.", 409)
    held.changes("DELETING")
    return {"namespace": _shown(held)}


def _shown(held: Held) -> Json:
    roles = [f"IamRole(applyStatus=in-sync, iamRoleArn={role})" for role in held.attributes["iamRoles"]]
    return {**held.shown(), "iamRoles": roles}


def _check(given: Json, roles: list[str]) -> None:
    managed = given.get("manageAdminPassword", False)
    if managed and "adminUserPassword" in given:
        raise invalid("You can't use adminUserPassword if manageAdminPassword is set to true.")
    if "adminPasswordSecretKmsKeyId" in given and not managed:
        raise invalid("You can only use adminPasswordSecretKmsKeyId if manageAdminPassword is set to true.")
    for role in roles:
        if documents.role(role) is None:
            raise invalid(f"The IAM role {role} is not valid.")
        if not acting.assumable(role, "redshift", arn("redshift-serverless", f"namespace/{given['namespaceName']}")):
            raise invalid(f"The IAM role {role} cannot be assumed by Amazon Redshift: check its trust policy.")
    default = given.get("defaultIamRoleArn")
    if default and default not in roles:
        raise invalid(f"The default IAM role {default} is not associated with the namespace.")


def _tagged(resource: str) -> dict[str, str]:
    STATE.sweep()
    if resource not in STATE.tags:
        raise Refused("ResourceNotFoundException", f"The resource {resource} does not exist.", 404)
    return STATE.tags[resource]


def list_tags(given: Json) -> Json:
    """ListTagsForResource."""
    return {"tags": [{"key": key, "value": value} for key, value in _tagged(given["resourceArn"]).items()]}


def tag(given: Json) -> Json:
    """TagResource."""
    _tagged(given["resourceArn"]).update({one["key"]: one["value"] for one in given["tags"]})
    return {}


def untag(given: Json) -> Json:
    """UntagResource."""
    held = _tagged(given["resourceArn"])
    for key in given["tagKeys"]:
        held.pop(key, None)
    return {}


OPERATIONS = {
    "CreateNamespace": create,
    "GetNamespace": get,
    "ListNamespaces": list_all,
    "UpdateNamespace": update,
    "DeleteNamespace": delete,
    "ListTagsForResource": list_tags,
    "TagResource": tag,
    "UntagResource": untag,
}
