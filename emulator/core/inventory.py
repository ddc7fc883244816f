"""What exists, by service: a listing before `up` and after `destroy` must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moto.awslambda_simple.models import lambda_simple_backends
from moto.backends import get_backend
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from emulator.core import admin, locks
from emulator.core.settings import Settings
from emulator.services.logs import delivery as log_delivery
from emulator.services.quicksight import patches as quicksight
from emulator.services.redshift import state as redshift

Lister = Callable[[Any], Iterable[str]]

# Services whose calls make nothing that could be left.
_STATELESS = {"sts", "resourcegroupstaggingapi", "tagging", "moto_api", "servicequotas", "sagemakerruntime"}
# Statements are forgotten by themselves.
_STATELESS |= {"redshiftdata"}

_called: set[str] = set()


def install(_settings: Settings) -> None:
    """Answer GET /_local/inventory."""
    admin.route("GET", "/_local/inventory", lambda _: inventory())


def called(service: str) -> None:
    """Remember that a service was used, so that none is forgotten here."""
    _called.add(service)


def inventory() -> dict[str, list[str]]:
    """Ids of everything, by service; "unlisted" names services used but not known here."""
    found: dict[str, list[str]] = {}
    for service, lister in _LISTERS.items():
        accounts = _EXECUTED.get(service) or get_backend(service)  # type: ignore[call-overload]
        with locks.holding(service):
            found[service] = sorted(
                name
                for regions in dict(accounts).values()
                for backend in dict(regions).values()
                for name in lister(backend)
            )
    found["unlisted"] = sorted(_called - _LISTERS.keys() - _STATELESS)
    return found


def _named(**kinds: str) -> Lister:
    """Lists dictionaries of a backend: kind=attribute gives kind/key."""

    def lister(backend: Any) -> Iterable[str]:
        for kind, attribute in kinds.items():
            for key in getattr(backend, attribute, {}):
                name = "/".join(map(str, key)) if isinstance(key, tuple) else key
                yield f"{kind}/{name}"

    return lister


def _glue(backend: Any) -> Iterable[str]:
    yield from _named(
        database="databases",
        crawler="crawlers",
        connection="connections",
        job="jobs",
        trigger="triggers",
        registry="registries",
        workflow="workflows",
        security_configuration="security_configurations",
        catalog_encryption="data_catalog_encryption_settings",
        resource_policy="resource_policies",
        optimizer="table_optimizers",
    )(backend)
    for database in backend.databases.values():
        yield from (f"table/{database.name}/{table}" for table in database.tables)
    for registry in backend.registries.values():
        yield from (f"schema/{registry.name}/{schema}" for schema in registry.schemas)


def _keys(backend: Any) -> Iterable[str]:
    """Keys that wait for their deletion count as deleted: AWS keeps them a week
    at least. AWS's own keys, which come with use, aren't anybody's to delete."""
    for key in backend.keys.values():
        aliases = [alias for alias in key.aliases if not alias.startswith("alias/aws/")]
        if key.key_state != "PendingDeletion" and len(aliases) == len(key.aliases):
            yield f"key/{key.id}"
        yield from aliases


def _functions(backend: Any) -> Iterable[str]:
    yield from (f"function/{function.function_name}" for function in backend.list_functions())
    yield from _named(mapping="_event_source_mappings")(backend)
    yield from (f"layer/{layer['LayerName']}" for layer in backend.list_layers())


def _iam(backend: Any) -> Iterable[str]:
    yield from (f"role/{role.name}" for role in backend.roles.values())
    yield from (f"policy/{arn}" for arn in backend.managed_policies if not arn.startswith("arn:aws:iam::aws:"))
    yield from _named(
        profile="instance_profiles",
        user="users",
        group="groups",
        oidc="open_id_providers",
    )(backend)


def _events(backend: Any) -> Iterable[str]:
    for bus in backend.event_buses.values():
        if bus.name != "default":
            yield f"bus/{bus.name}"
        yield from (f"rule/{bus.name}/{rule}" for rule in bus.rules)
    yield from _named(archive="archives", connection="connections", destination="destinations")(backend)


def _network(backend: Any) -> Iterable[str]:
    """Every account has the default network that isn't listed."""
    own = {vpc.id for vpc in backend.vpcs.values() if not vpc.is_default}
    yield from (f"vpc/{vpc}" for vpc in own)
    for subnets in backend.subnets.values():
        yield from (f"subnet/{subnet.id}" for subnet in subnets.values() if subnet.vpc_id in own)
    yield from (
        f"group/{name}" for vpc in own for name, one in backend.groups.get(vpc, {}).items() if one.name != "default"
    )
    yield from _named(endpoint="vpc_end_points")(backend)


def _scheduler(backend: Any) -> Iterable[str]:
    for group in backend.schedule_groups.values():
        if group.name != "default":
            yield f"group/{group.name}"
        yield from (f"schedule/{group.name}/{schedule}" for schedule in group.schedules)


def _machines(backend: Any) -> Iterable[str]:
    yield from (f"machine/{machine.name}" for machine in backend.state_machines)
    yield from (f"activity/{arn}" for arn in backend.activities)


def _lake(backend: Any) -> Iterable[str]:
    yield from _named(resource="resources", filter="cells_filters", tagged="assigned_lf_tags")(backend)
    for catalog_id, settings in backend.settings.items():
        yield from (f"admin/{admin['DataLakePrincipalIdentifier']}" for admin in settings["DataLakeAdmins"])
        yield from (f"tag/{key}" for key in backend.list_lf_tags(catalog_id))
    for catalog in backend.grants.values():
        for grant in catalog.permissions:
            if grant.principal["DataLakePrincipalIdentifier"] == "IAM_ALLOWED_PRINCIPALS":
                continue  # given to every new table, and gone with it
            yield f"grant/{grant.principal}/{grant.resource}"


# All jobs of an account write to these, which the first of them makes: they are nobody's to delete.
_SHARED_GROUPS = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs")


def _logs(backend: Any) -> Iterable[str]:
    """The policy that lets logs be delivered is the account's: it stays when the groups go that it names."""
    yield from (f"group/{name}" for name in backend.groups if name not in _SHARED_GROUPS)
    yield from (f"policy/{name}" for name in backend.resource_policies if name != log_delivery.NAME)
    yield from _named(query="query_definitions", delivery="deliveries")(backend)


def _athena(backend: Any) -> Iterable[str]:
    """Every account has the workgroup and the catalog that aren't listed."""
    yield from (f"workgroup/{name}" for name in backend.work_groups if name != "primary")
    yield from (f"catalog/{name}" for name in backend.data_catalogs if name.lower() != "awsdatacatalog")
    yield from _named(query="named_queries", statement="prepared_statements")(backend)


def _budgets(backend: Any) -> Iterable[str]:
    yield from (f"budget/{name}" for held in backend.budgets.values() for name in held)


# These have a second set of models in moto, the one that really executes, or none.
_EXECUTED: dict[str, Any] = {
    "awslambda": lambda_simple_backends,
    "stepfunctions": stepfunctions_parser_backends,
    "redshiftserverless": redshift.BY_REGION,
}

_LISTERS: dict[str, Lister] = {
    "athena": _athena,
    "awslambda": _functions,
    "budgets": _budgets,
    "ce": _named(monitor="anomaly_monitors", subscription="anomaly_subscriptions", category="cost_categories"),
    "cloudformation": _named(stack="stacks"),
    "cloudtrail": _named(trail="trails"),
    "cloudwatch": _named(alarm="alarms", dashboard="dashboards", insight="insight_rules"),
    "dynamodb": _named(table="tables", backup="backups"),
    "ec2": _network,
    "events": _events,
    "glue": _glue,
    "iam": _iam,
    "kinesis": _named(stream="streams", policy="resource_policies"),
    "kms": _keys,
    "lakeformation": _lake,
    "logs": _logs,
    "quicksight": quicksight.inventory,
    "redshiftserverless": redshift.inventory,
    "s3": _named(bucket="buckets"),
    # Jobs are no more than a record of what ran: nobody can delete them.
    "sagemaker": _named(
        model="_models",
        config="endpoint_configs",
        endpoint="endpoints",
        group="model_package_groups",
        package="model_packages",
        feature_group="feature_groups",
    ),
    "scheduler": _scheduler,
    "sns": _named(topic="topics", subscription="subscriptions"),
    "sqs": _named(queue="queues"),
    "stepfunctions": _machines,
}
