"""SageMaker's feature store: groups as they were described, and their tables, of which moto knows nothing.

An offline store is written by nothing here: records that are put end in no object.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.models import glue_backends
from moto.s3.models import s3_backends
from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from emulator.core import locks
from emulator.core.patch import add, replace, wrap
from emulator.core.permissions import documents
from emulator.core.permissions.authorization_requests import AuthorizationRequest, arn
from emulator.core.refusals import acting
from emulator.core.settings import ACCOUNT, REGION

Json = dict[str, Any]

_OWN = {"write_time": "timestamp", "api_invocation_time": "timestamp", "is_deleted": "boolean"}
_TYPES = {"String": "string", "Integral": "bigint", "Fractional": "double"}
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet."
_NAME = re.compile(r"[a-z_][a-z0-9_]*")  # what Athena reads
_S3 = re.compile(r"s3://([^/]+)/?(.*)")
_CHANGE_SECONDS = 0.3


class _Group:
    """A group: what was given, and what became of it."""

    def __init__(self, given: Json) -> None:
        self.feature_group_name: str = given["FeatureGroupName"]
        self.arn = arn("sagemaker", f"feature-group/{self.feature_group_name.lower()}")
        self.tags: list[Json] = given.pop("Tags", None) or []
        self.given = {"CreationTime": utcnow(), "FeatureGroupArn": self.arn, **given}
        self.ready = time.monotonic() + _CHANGE_SECONDS
        self.failure: str | None = None

    def describe(self) -> Json:
        """What AWS tells of it now."""
        if time.monotonic() < self.ready:
            return {**self.given, "FeatureGroupStatus": "Creating"}
        if self.failure:
            return {**self.given, "FeatureGroupStatus": "CreateFailed", "FailureReason": self.failure}
        return {**self.given, "FeatureGroupStatus": "Created"}


@replace(SageMakerResponse)
def create_feature_group(self: Any) -> ActionResult:
    """Makes a group, and its table unless that is somebody else's to make."""
    given: Json = json.loads(self.body)
    group = _Group(given)
    groups = self.sagemaker_backend.feature_groups
    if group.arn in groups:
        raise ResourceInUseException(
            f"Resource Already Exists: FeatureGroup {group.feature_group_name} already exists."
        )
    _check(given)
    groups[group.arn] = group
    if (offline := group.given.get("OfflineStoreConfig")) is not None:
        _offline(group, offline)
    return ActionResult({"FeatureGroupArn": group.arn})


def _check(given: Json) -> None:
    types = {one["FeatureName"]: one["FeatureType"] for one in given["FeatureDefinitions"]}
    if len(types) < len(given["FeatureDefinitions"]) or types.keys() & _OWN.keys():
        raise ValidationError(f"FeatureDefinitions: a name is there twice, or is one of {', '.join(_OWN)}.")
    if given["RecordIdentifierFeatureName"] not in types:
        raise ValidationError("RecordIdentifierFeatureName is none of the feature definitions.")
    if types.get(given["EventTimeFeatureName"]) not in ("String", "Fractional"):
        raise ValidationError("EventTimeFeatureName has to be a feature of type String or Fractional.")
    if not given.get("OfflineStoreConfig") and not given.get("OnlineStoreConfig"):
        raise ValidationError("At least one of OnlineStoreConfig and OfflineStoreConfig is needed.")
    if given.get("OfflineStoreConfig"):
        _check_offline(given, given["OfflineStoreConfig"])


def _check_offline(given: Json, offline: Json) -> None:
    """The role has to reach the place (SageMaker Developer Guide, "Adding policies to your IAM role"), and the table to
    have a name that Athena reads (aws/sagemaker-python-sdk#5927).
    """
    role = given.get("RoleArn")
    group = arn("sagemaker", f"feature-group/{given['FeatureGroupName'].lower()}")
    if role is None or documents.role(role) is None or not acting.assumable(role, "sagemaker", group):
        raise ValidationError(f"The execution role ARN is invalid. SageMaker cannot assume {role}.")
    place = _S3.fullmatch(offline["S3StorageConfig"]["S3Uri"])
    if place is None or place[1] not in s3_backends[ACCOUNT]["aws"].buckets:
        raise ValidationError(f"Invalid S3Uri provided: {offline['S3StorageConfig']['S3Uri']}")
    objects = f"arn:aws:s3:::{place[1]}/{place[2].rstrip('/')}/".replace("//", "/") + "a"
    if not acting.may(
        role,
        AuthorizationRequest("s3:GetBucketAcl", f"arn:aws:s3:::{place[1]}"),
        AuthorizationRequest("s3:PutObject", objects),
        # SageMaker gives what it writes to the bucket's owner.
        AuthorizationRequest("s3:PutObjectAcl", objects),
    ):
        raise ValidationError(f"Invalid S3Uri provided: {role} cannot write to {offline['S3StorageConfig']['S3Uri']}")
    catalog = offline.get("DataCatalogConfig", {})
    if catalog and (
        catalog["Catalog"] != "AwsDataCatalog"
        or not all(_NAME.fullmatch(catalog[name]) for name in ("TableName", "Database"))
    ):
        raise ValidationError("DataCatalogConfig: only AwsDataCatalog, and names of a-z, 0-9 and _.")
    if offline.get("TableFormat") == "Iceberg" and offline.get("DisableGlueTableCreation"):
        raise ValidationError("The table format Iceberg is supported only when DisableGlueTableCreation is false.")


def _offline(group: _Group, offline: Json) -> None:
    storage = offline["S3StorageConfig"]
    named = f"{group.feature_group_name}-{int(time.time())}"
    storage["ResolvedOutputS3Uri"] = (
        f"{storage['S3Uri'].rstrip('/')}/{ACCOUNT}/sagemaker/{REGION}/offline-store/{named}/data"
    )
    offline.setdefault("TableFormat", "Glue")
    offline.setdefault("DisableGlueTableCreation", False)
    if offline["DisableGlueTableCreation"]:
        return
    if "DataCatalogConfig" not in offline:
        name = named.replace("-", "_").lower()
        offline["DataCatalogConfig"] = {
            "Catalog": "AwsDataCatalog",
            "Database": "sagemaker_featurestore",
            "TableName": name,
        }
    catalog = offline["DataCatalogConfig"]
    glue = glue_backends[ACCOUNT][REGION]
    with locks.holding("glue"):
        if catalog["Database"] not in glue.databases:
            glue.create_database(catalog["Database"], {"Name": catalog["Database"]})
        elif catalog["TableName"] in glue.databases[catalog["Database"]].tables:
            group.failure = f"The table {catalog['Database']}.{catalog['TableName']} already exists."
            return
        glue.create_table(catalog["Database"], catalog["TableName"], _table(group, storage["ResolvedOutputS3Uri"]))


def _table(group: _Group, place: str) -> Json:
    features = {one["FeatureName"]: _TYPES[one["FeatureType"]] for one in group.given["FeatureDefinitions"]}
    columns = [{"Name": name, "Type": kind} for name, kind in (features | _OWN).items()]
    return {
        "Name": group.given["OfflineStoreConfig"]["DataCatalogConfig"]["TableName"],
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": name, "Type": "string"} for name in ("year", "month", "day", "hour")],
        "StorageDescriptor": {
            "Columns": columns,
            "Location": place,
            "InputFormat": f"{_PARQUET}MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}serde.ParquetHiveSerDe"},
        },
    }


@replace(SageMakerModelBackend)
def describe_feature_group(self: Any, feature_group_name: str) -> Json:
    """The description of a group, which is named by its ARN, too."""
    return _found(self, feature_group_name).describe()


@wrap(SageMakerModelBackend)
def _get_resource_from_arn(moto: Any, self: Any, arn: str) -> Any:
    """Whose tags are asked for: a group's, too."""
    return _found(self, arn) if ":feature-group/" in arn else moto(self, arn)


@add(SageMakerResponse)
def delete_feature_group(self: Any) -> ActionResult:
    """Deletes a group; its table and its objects stay (SageMaker API Reference, DeleteFeatureGroup)."""
    backend = self.sagemaker_backend
    del backend.feature_groups[_found(backend, self._get_param("FeatureGroupName")).arn]
    return EmptyResult()


def _found(backend: Any, name: str) -> _Group:
    key = name if name.startswith("arn:") else arn("sagemaker", f"feature-group/{name.lower()}")
    if key not in backend.feature_groups:
        raise ResourceNotFound(f"Resource Not Found: FeatureGroup {name} does not exist.")
    return backend.feature_groups[key]
