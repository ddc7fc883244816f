"""What Glue answers Trino, and nobody else, otherwise.

Athena keeps no owner with a view, and runs it with the rights of who asks. Trino refuses a view that has neither an
owner nor says so, and takes one with a description for none: the text stands in the place of a comment that marks
views. The partitions of tables with projection are shown as if they were registered.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.glue.exceptions import InvalidInputException
from moto.glue.models import FakePartition, FakeTable
from moto.glue.responses import GlueResponse
from moto.glue.utils import PartitionFilter
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from emulator.core import locks
from emulator.core.patch import wrap
from emulator.services.athena import projection
from emulator.services.athena.names import ACCESS_KEY

Json = dict[str, Any]
Answer = Callable[[Any], ActionResult]

_BEGIN, _END = "/* Presto View: ", " */"


@wrap(GlueResponse)
def get_table(moto: Answer, self: Any) -> ActionResult:
    """One table."""
    answer: Any = moto(self)
    if not _asks(self):
        return cast("ActionResult", answer)
    return ActionResult({**answer.result, "Table": _shown(answer.result["Table"])})


@wrap(GlueResponse)
def get_tables(moto: Answer, self: Any) -> ActionResult:
    """A database's tables."""
    answer: Any = moto(self)
    if not _asks(self):
        return cast("ActionResult", answer)
    return ActionResult({**answer.result, "TableList": [_shown(table) for table in answer.result["TableList"]]})


@wrap(GlueResponse)
def get_partitions(moto: Answer, self: Any) -> ActionResult:
    """A table's partitions. Of the segments that they may be asked for by, the first has all."""
    if (self.parameters.get("Segment") or {}).get("SegmentNumber"):
        return ActionResult({"Partitions": []})
    table = _projected(self)
    if table is None:
        return moto(self)
    found = projection.Projection(table.as_dict())
    expression = self.parameters.get("Expression")

    def holds(condition: str, values: list[str]) -> bool:
        return PartitionFilter(condition, table)(_made(table, {"Values": values}))

    if found.count(expression or "", holds) > projection.LIMIT:
        raise InvalidInputException("GetPartitions", projection.too_many(table.database_name, table.name))
    made = [_made(table, found.partition(values)) for values in found.values(_keys(self, found))]
    wanted = filter(PartitionFilter(expression, table), made)
    return ActionResult({"Partitions": [partition.as_dict() for partition in wanted]})


@wrap(GlueResponse)
def batch_get_partition(moto: Answer, self: Any) -> ActionResult:
    """Some of a table's partitions, by their values."""
    table = _projected(self)
    if table is None:
        return moto(self)
    found = projection.Projection(table.as_dict())
    wanted = [one["Values"] for one in self.parameters["PartitionsToGet"]]
    made = [_made(table, found.partition(values)).as_dict() for values in wanted if found.has(values)]
    return ActionResult({"Partitions": made})


def _asks(response: Any) -> bool:
    return bool(response.access_key == ACCESS_KEY)


def _projected(response: Any) -> FakeTable | None:
    """The table of a request by Trino, if it has projection."""
    if not _asks(response):
        return None
    named = response.parameters
    table = response.glue_backend.get_table(named["DatabaseName"], named["TableName"])
    return table if projection.projected(table.as_dict()) else None


def _made(table: FakeTable, partition: Json) -> FakePartition:
    return FakePartition(table.database_name, table.name, partition)


def _keys(response: Any, found: projection.Projection) -> list[str]:
    backend = response.glue_backend
    s3 = s3_backends[backend.account_id][get_partition(backend.region_name)]
    with locks.holding("s3"):
        try:
            keys, _, _, _ = s3.list_objects(s3.get_bucket(found.bucket), found.prefix, None, None, None)
        except MissingBucket:
            return []
        return [key.name for key in keys]


def _shown(table: Json) -> Json:
    if projection.projected(table):
        return projection.plain(table)
    text = table.get("ViewOriginalText") or ""
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        return table
    view = json.loads(base64.b64decode(text.removeprefix(_BEGIN).removesuffix(_END)))
    said = json.dumps({**view, "runAsInvoker": True})
    kept = {name: value for name, value in table.items() if name != "Description"}
    return {**kept, "ViewOriginalText": _BEGIN + base64.b64encode(said.encode()).decode() + _END}
