"""Glue: jobs, crawlers and connections that change, and table optimizers."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.exceptions import (
    AlreadyExistsException,
    CrawlerNotFoundException,
    EntityNotFoundException,
)
from moto.glue.models import FakeConnection, GlueBackend
from moto.glue.responses import GlueResponse

from emulator.core.patch import add, wrap

_JOB_FIELDS = {
    "Role": "role",
    "Command": "command",
    "Description": "description",
    "LogUri": "log_uri",
    "ExecutionProperty": "execution_property",
    "DefaultArguments": "default_arguments",
    "NonOverridableArguments": "non_overridable_arguments",
    "Connections": "connections",
    "MaxRetries": "max_retries",
    "Timeout": "timeout",
    "MaxCapacity": "max_capacity",
    "SecurityConfiguration": "security_configuration",
    "NotificationProperty": "notification_property",
    "GlueVersion": "glue_version",
    "NumberOfWorkers": "number_of_workers",
    "WorkerType": "worker_type",
    "ExecutionClass": "execution_class",
}

# What a job has of which its definition says nothing, as CreateJob in the Glue API has it.
_NEW_JOB: dict[str, Any] = {
    "ExecutionProperty": {"MaxConcurrentRuns": 1},
    "DefaultArguments": {},
    "NonOverridableArguments": {},
    "MaxRetries": 0,
    "Timeout": 2880,
    "ExecutionClass": "STANDARD",
}

_CRAWLER_FIELDS = {
    "Role": "role",
    "DatabaseName": "database_name",
    "Description": "description",
    "Targets": "targets",
    "Schedule": "schedule",
    "Classifiers": "classifiers",
    "TablePrefix": "table_prefix",
    "SchemaChangePolicy": "schema_change_policy",
    "RecrawlPolicy": "recrawl_policy",
    "LineageConfiguration": "lineage_configuration",
    "Configuration": "configuration",
    "CrawlerSecurityConfiguration": "crawler_security_configuration",
}


@add(GlueResponse)
def update_job(self: Any) -> ActionResult:
    """Overwrites a job's definition; what the update leaves out goes back to what a new job has."""
    name = self.parameters["JobName"]
    job = self.glue_backend.get_job(name)
    update = self.parameters["JobUpdate"]
    for field, attribute in _JOB_FIELDS.items():
        setattr(job, attribute, update.get(field, _NEW_JOB.get(field)))
    job.last_modified_on = utcnow()
    return ActionResult({"JobName": name})


@add(GlueResponse)
def update_crawler(self: Any) -> ActionResult:
    """Changes a crawler's definition."""
    crawler = self.glue_backend.crawlers.get(self.parameters["Name"])
    if crawler is None:
        raise CrawlerNotFoundException(self.parameters["Name"])
    for field, attribute in _CRAWLER_FIELDS.items():
        if field in self.parameters:
            setattr(crawler, attribute, self.parameters[field])
    crawler.version += 1
    crawler.last_updated = utcnow()
    return EmptyResult()


@add(GlueResponse)
def update_connection(self: Any) -> ActionResult:
    """Replaces a connection's definition."""
    backend, name = self.glue_backend, self.parameters["Name"]
    if name not in backend.connections:
        raise EntityNotFoundException(f"Connection {name} not found.")
    catalog = self.parameters.get("CatalogId")
    tags = backend.get_tags(backend.connections[name].arn)
    backend.connections[name] = FakeConnection(backend, catalog, self.parameters["ConnectionInput"], tags)
    return EmptyResult()


@add(GlueResponse)
def delete_connection(self: Any) -> ActionResult:
    """Deletes a connection."""
    if self.glue_backend.connections.pop(self.parameters["ConnectionName"], None) is None:
        raise EntityNotFoundException(f"Connection {self.parameters['ConnectionName']} not found.")
    return EmptyResult()


@wrap(FakeConnection)
def as_dict(moto: Any, self: Any, hide_password: bool = False) -> dict[str, Any]:
    """Shows the connection's type and place, which moto keeps to itself."""
    shown = moto(self, hide_password)
    for field in ("ConnectionType", "MatchCriteria", "PhysicalConnectionRequirements"):
        if self.connection_input.get(field):
            shown[field] = self.connection_input[field]
    return shown


def _optimizers(backend: GlueBackend) -> dict[tuple[str, ...], dict[str, Any]]:
    return vars(backend).setdefault("table_optimizers", {})


def _optimizer_key(response: Any) -> tuple[str, ...]:
    given = response.parameters
    catalog = given.get("CatalogId") or response.current_account
    return catalog, given["DatabaseName"], given["TableName"], given["Type"]


@add(GlueResponse)
def create_table_optimizer(self: Any) -> ActionResult:
    """Adds compaction, retention or orphan removal to an Iceberg table."""
    key = _optimizer_key(self)
    self.glue_backend.get_table(key[1], key[2])
    if key in _optimizers(self.glue_backend):
        raise AlreadyExistsException("Table optimizer")
    _optimizers(self.glue_backend)[key] = self.parameters["TableOptimizerConfiguration"]
    return EmptyResult()


@add(GlueResponse)
def update_table_optimizer(self: Any) -> ActionResult:
    """Changes an optimizer."""
    _find_optimizer(self)
    _optimizers(self.glue_backend)[_optimizer_key(self)] = self.parameters["TableOptimizerConfiguration"]
    return EmptyResult()


@add(GlueResponse)
def get_table_optimizer(self: Any) -> ActionResult:
    """Reads an optimizer."""
    configuration = _find_optimizer(self)
    catalog, database, table, kind = _optimizer_key(self)
    optimizer = {"type": kind, "configuration": configuration}
    return ActionResult(
        {
            "CatalogId": catalog,
            "DatabaseName": database,
            "TableName": table,
            "TableOptimizer": optimizer,
        }
    )


@add(GlueResponse)
def delete_table_optimizer(self: Any) -> ActionResult:
    """Deletes an optimizer."""
    _find_optimizer(self)
    del _optimizers(self.glue_backend)[_optimizer_key(self)]
    return EmptyResult()


def _find_optimizer(response: Any) -> dict[str, Any]:
    key = _optimizer_key(response)
    if key not in _optimizers(response.glue_backend):
        raise EntityNotFoundException(f"Table optimizer {key[3]} of {key[1]}.{key[2]} not found.")
    return _optimizers(response.glue_backend)[key]


@wrap(GlueBackend)
def delete_table(moto: Any, self: Any, database_name: str, name: str) -> Any:
    """Takes the table's optimizers along."""
    for key in [key for key in _optimizers(self) if key[1:3] == (database_name, name)]:
        del _optimizers(self)[key]
    return moto(self, database_name, name)
