"""Glue's Iceberg tables: real metadata on creation, optimistic locks on update.

Restores two behaviours that moto leaves out and Iceberg's own GlueCatalog needs:
CreateTable with OpenTableFormatInput writes the table's first metadata file
(AWS: "Creating Iceberg tables"), and UpdateTable with VersionId fails when
somebody else has updated the table since that version was read.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from typing import TYPE_CHECKING, Any

from moto.glue.exceptions import GlueClientError
from moto.glue.models import FakeTable, GlueBackend
from moto.glue.responses import GlueResponse
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from emulator.core import hive_types, locks, patch

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.settings import Settings

log = logging.getLogger(__name__)

Json = dict[str, Any]


def install(_settings: Settings | None = None) -> None:
    """Patch moto's Glue."""
    patch.wrap(GlueBackend)(create_table)
    patch.wrap(GlueResponse)(update_table)


def create_table(
    original: Callable[..., FakeTable],
    backend: GlueBackend,
    database_name: str,
    table_name: str,
    table_input: Json,
    open_table_format_input: Json | None = None,
) -> FakeTable:
    """CreateTable; an IcebergInput makes it write the first metadata file."""
    iceberg = (open_table_format_input or {}).get("IcebergInput")
    tables = backend.get_database(database_name).tables
    if iceberg is not None and table_name not in tables:
        table_input = _iceberg_table(backend, table_input, iceberg)
    return original(backend, database_name, table_name, table_input)


def _iceberg_table(backend: GlueBackend, table_input: Json, iceberg: Json) -> Json:
    if iceberg.get("MetadataOperation") != "CREATE":
        raise _invalid("IcebergInput.MetadataOperation must be CREATE")
    version = str(iceberg.get("Version", "2"))
    if version not in ("1", "2"):
        raise _invalid(f"Iceberg format version {version} is not supported")
    if table_input.get("PartitionKeys"):
        raise _invalid("PartitionKeys cannot be set for an Iceberg table")
    descriptor = table_input.get("StorageDescriptor") or {}
    location = str(descriptor.get("Location", "")).rstrip("/")
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    if not location.startswith("s3://") or not bucket:
        raise _invalid("StorageDescriptor.Location must be an s3:// location")

    key = f"{prefix}/metadata/00000-{uuid.uuid4()}.metadata.json".lstrip("/")
    body = first_metadata(location, descriptor.get("Columns", []), version)
    s3 = s3_backends[backend.account_id][get_partition(backend.region_name)]
    with locks.holding("s3"):
        try:
            s3.put_object(bucket, key, body)
        except MissingBucket:
            raise _invalid(f"The bucket of {location} does not exist") from None
    parameters = {
        **table_input.get("Parameters", {}),
        "table_type": "ICEBERG",
        "metadata_location": f"s3://{bucket}/{key}",
    }
    return {**table_input, "TableType": "EXTERNAL_TABLE", "Parameters": parameters}


def first_metadata(location: str, columns: list[Json], version: str) -> bytes:
    """The metadata file of an unpartitioned table without snapshots.

    Columns get ids from 1 in their order, nested fields the ids after them; all
    are optional, as Glue columns are.
    """
    from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import new_table_metadata
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
    from pyiceberg.types import NestedField

    numbers = itertools.count(1)
    fields = []
    for column in columns:
        try:
            parsed = hive_types.parse(column["Type"])
            number = next(numbers)
            kind = hive_types.to_iceberg(parsed, lambda: next(numbers))
        except hive_types.UnknownTypeError as error:
            raise _invalid(f"column {column['Name']}: {error}") from None
        fields.append(NestedField(number, column["Name"], kind, required=False, doc=column.get("Comment")))
    metadata = new_table_metadata(
        schema=Schema(*fields),
        partition_spec=UNPARTITIONED_PARTITION_SPEC,
        sort_order=UNSORTED_SORT_ORDER,
        location=location,
        properties={"format-version": version, "write.parquet.compression-codec": "zstd"},
    )
    return metadata.model_dump_json(exclude_none=True).encode()


def update_table(original: Callable[..., Any], response: GlueResponse) -> Any:
    """UpdateTable; refused when VersionId is no longer the table's version."""
    parameters = response.parameters
    database, name = parameters["DatabaseName"], parameters["TableInput"]["Name"]
    table = response.glue_backend.get_table(database, name)
    expected, current = parameters.get("VersionId"), str(table._current_version)
    if expected is not None and expected != current:
        log.info("update of %s.%s refused: version %s, now %s", database, name, expected, current)
        raise GlueClientError(
            "ConcurrentModificationException",
            "Update table failed due to concurrent modifications.",
        )
    answer = original(response)
    if parameters.get("SkipArchive"):
        table.versions.pop(current, None)
    return answer


def _invalid(message: str) -> GlueClientError:
    return GlueClientError("InvalidInputException", message)
