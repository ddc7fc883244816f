"""QuickSight by CloudFormation: data sources, data sets and dashboards, which moto does not make of a template.

Nothing is shown to anybody here. What is made is held against the models of QuickSight's own calls, and against what it
names: the workgroup and the role that queries, the data sets of a dashboard and their columns, and who sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.athena.models import athena_backends
from moto.core.common_models import CloudFormationModel
from moto.core.utils import get_service_model
from moto.glue.models import glue_backends
from moto.quicksight.models import quicksight_backends

from emulator.core.permissions import documents
from emulator.core.permissions.authorization_requests import AuthorizationRequest, arn
from emulator.core.refusals import acting
from emulator.core.refusals.registry import Refused
from emulator.core.settings import ACCOUNT, REGION
from emulator.core.strict.shapes import Checks

Json = dict[str, Any]

_checks = Checks(on_the_wire=False)


class _Made:
    """One thing of QuickSight's, by its id: kind is what the words of calls and ARNs are about."""

    kind = ""
    held: dict[str, Any]

    def __init_subclass__(cls) -> None:
        cls.held = {}

    def __init__(self, properties: Json) -> None:
        self.properties = properties
        self.id: str = properties[f"{self.kind}Id"]
        self.arn = arn("quicksight", f"{self.kind.lower()}/{self.id}")
        # Ref is the account and the id (CloudFormation Template Reference, AWS::QuickSight, "Return values").
        self.physical_resource_id = f"{properties['AwsAccountId']}|{self.id}"

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Everything is named by its id."""
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        """The type in templates."""
        return f"AWS::QuickSight::{cls.kind}"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """What a template may ask for."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """The ARN."""
        if attribute_name == "Arn":
            return self.arn
        raise KeyError(attribute_name)

    @classmethod
    def create_from_cloudformation_json(
        cls, _name: str, cloudformation_json: Json, _account: str, _region: str, **_: Any
    ) -> _Made:
        """Make it, unless there is one with its id."""
        properties = cloudformation_json["Properties"]
        if properties.get(f"{cls.kind}Id") in cls.held:
            raise Refused("AlreadyExists", f"{cls.kind} {properties[f'{cls.kind}Id']} already exists.")
        return cls._checked(properties)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: _Made,
        new_resource_name: str,
        cloudformation_json: Json,
        account_id: str,
        region_name: str,
    ) -> _Made:
        """Change it; another id is another thing."""
        made = cls._checked(cloudformation_json["Properties"])
        if made.id != original_resource.id:
            original_resource.delete(account_id, region_name)
        return made

    def delete(self, _account: str, _region: str) -> None:
        """Delete it; what used it stays, and finds nothing."""
        self.held.pop(self.id, None)

    @classmethod
    def _checked(cls, properties: Json) -> _Made:
        found: list[str] = []
        shape = get_service_model("quicksight").operation_model(f"Create{cls.kind}").input_shape
        assert shape is not None
        _checks.of(shape)(properties, "", found)
        if found:
            raise Refused("ValidationException", "; ".join(found[:10]))
        if properties["AwsAccountId"] != ACCOUNT:
            raise Refused("AccessDeniedException", f"{properties['AwsAccountId']} is another account.")
        made = cls(properties)
        made.check()
        cls.held[made.id] = made
        return made

    def check(self) -> None:
        """Refuse what names what is not there."""


class DataSource(_Made, CloudFormationModel):
    """Where data comes from, which QuickSight asks once when it is made."""

    kind = "DataSource"

    def check(self) -> None:
        """Athena is the one that can be asked here."""
        athena = self.properties.get("DataSourceParameters", {}).get("AthenaParameters")
        if self.properties["Type"] != "ATHENA" or athena is None:
            raise Refused("InvalidParameterValueException", "The emulator has data sources of Athena only.")
        group, role = athena.get("WorkGroup", "primary"), athena.get("RoleArn")
        if group not in athena_backends[ACCOUNT][REGION].work_groups:
            raise Refused("InvalidParameterValueException", f"The workgroup {group} does not exist.")
        workgroup = arn("athena", f"workgroup/{group}")
        if role is None or documents.role(role) is None or not acting.assumable(role, "quicksight", self.arn):
            raise Refused("AccessDeniedException", f"QuickSight cannot assume the role {role}.")
        if not acting.may(
            role,
            AuthorizationRequest("athena:StartQueryExecution", workgroup),
            AuthorizationRequest("athena:GetQueryResults", workgroup),
        ):
            raise Refused("AccessDeniedException", f"The role {role} cannot query by the workgroup {group}.")


class DataSet(_Made, CloudFormationModel):
    """Tables of a data source, and the columns that are shown of them."""

    kind = "DataSet"

    def check(self) -> None:
        """Its data source has to be there, and to have its columns once."""
        sources = {source.arn for source in DataSource.held.values()}
        for name, table in self.properties["PhysicalTableMap"].items():
            (of,) = table.values()
            if of["DataSourceArn"] not in sources:
                raise Refused("ResourceNotFoundException", f"Table {name}: {of['DataSourceArn']} is not found.")
            names = [column["Name"] for column in of.get("InputColumns") or of.get("Columns", [])]
            if not names or len(set(names)) < len(names):
                raise Refused("InvalidParameterValueException", f"Table {name}: a column is there twice, or none is.")

    def columns(self) -> set[str]:
        """The names of its columns."""
        tables = (of for table in self.properties["PhysicalTableMap"].values() for of in table.values())
        return {
            column["Name"]
            for of in tables
            for column in of.get("InputColumns") or of["Columns"]
            if column["Name"] not in _skipped(of)
        }


def _skipped(table: Json) -> set[str]:
    """The columns of a table that are left out: Iceberg's instants are timestamps with time zone to Athena.

    Amazon Quick Sight User Guide, "Supported data types from external data sources", and "Supported data types and
    values" of what has another: it skips them.
    """
    held: Any = glue_backends[ACCOUNT][REGION].databases.get(table.get("Schema", ""))
    found = held.tables.get(table["Name"]) if held else None
    described = found.as_dict() if found else {}
    if described.get("Parameters", {}).get("table_type", "").upper() != "ICEBERG":
        return set()
    return {one["Name"] for one in described["StorageDescriptor"]["Columns"] if one["Type"] == "timestamp"}


class Dashboard(_Made, CloudFormationModel):
    """Sheets of visuals over data sets, and who sees them."""

    kind = "Dashboard"

    def check(self) -> None:
        """What it shows has to be there, and so has who sees it."""
        definition = self.properties.get("Definition")
        if definition is None:
            raise Refused("InvalidParameterValueException", "The emulator makes dashboards of definitions only.")
        by_arn = {made.arn: made for made in DataSet.held.values()}
        columns = {}
        for declared in definition["DataSetIdentifierDeclarations"]:
            if declared["DataSetArn"] not in by_arn:
                raise Refused("InvalidParameterValueException", f"DATA_SET_NOT_FOUND: {declared['DataSetArn']}")
            columns[declared["Identifier"]] = by_arn[declared["DataSetArn"]].columns()
        for shown in _shown(definition):
            if shown["ColumnName"] not in columns.get(shown["DataSetIdentifier"], ()):
                named = f"{shown['DataSetIdentifier']}.{shown['ColumnName']}"
                raise Refused("InvalidParameterValueException", f"The definition shows {named}, which no data set has.")
        for permission in self.properties.get("Permissions", []):
            if permission["Principal"] not in _principals():
                raise Refused("InvalidParameterValueException", f"{permission['Principal']} is not valid.")


def _shown(definition: Any) -> Iterator[Json]:
    """Every column that a definition names."""
    if isinstance(definition, dict):
        if {"DataSetIdentifier", "ColumnName"} <= definition.keys():
            yield definition
        definition = list(definition.values())
    if isinstance(definition, list):
        for part in definition:
            yield from _shown(part)


def _principals() -> set[str]:
    """The ARNs of who is there."""
    backend = quicksight_backends[ACCOUNT][REGION]
    return {one.arn for one in (*backend.groups.values(), *backend.users.values())}


def inventory(backend: Any) -> Iterator[str]:
    """Ids of all that there is."""
    yield from (f"group/{name}" for name in backend.groups)
    yield from (f"user/{name}" for name in backend.users)
    for kind in (DataSource, DataSet, Dashboard) if backend.region_name == REGION else ():
        yield from (f"{kind.kind.lower()}/{name}" for name in kind.held)
