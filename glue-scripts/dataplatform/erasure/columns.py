"""Processed clicks: Parquet objects, each without the customer's events."""

import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataplatform.erasure.person import NUMBERS, Person, number

_HOUR = 3600
_AT_ONCE = 1000  # values that are searched together
_VISITOR = "visitor_id"
_IDENTITY = ("shard", "sequence_number", "ordinal")


@dataclass(frozen=True)
class ColumnsEdit:
    """An object without the customer.

    ``hours`` are the starts of the event hours that change, in Unix seconds; ``visitors`` are what the customer was
    before it signed in; ``identities`` are the events that went, ``taken``
    what their rows said.
    """

    content: bytes
    removed: int
    records: int
    hours: tuple[int, ...]
    visitors: tuple[str, ...] = ()
    identities: frozenset[str] = frozenset()
    taken: tuple[Any, ...] = ()

    @property
    def empty(self) -> bool:
        """Say whether nothing is left."""
        return self.removed == self.records


def edit(body: bytes, event_time: str, person: Person, doomed: Collection[str] = ()) -> ColumnsEdit:
    """Edit an object; its schema stays. ``doomed`` are identities of events that go whatever they say."""
    # One file, not a data set: a path with "event_date=" in it would add columns.
    file = pq.ParquetFile(io.BytesIO(body))
    table = file.read()
    identities = _identities(table)
    gone = _holds(table, person)
    if doomed and identities is not None:
        gone = pc.or_(gone, pc.is_in(identities, value_set=pa.array(sorted(doomed), pa.string())))
    removed = pc.sum(gone).as_py() or 0
    if not removed:
        return ColumnsEdit(body, 0, table.num_rows, ())
    lost = table.filter(gone)
    times = pc.cast(lost[event_time], pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    hours = sorted({time // 1_000_000 // _HOUR * _HOUR for time in times})
    visitors = pc.unique(lost[_VISITOR]).drop_null().to_pylist() if _VISITOR in lost.column_names else []
    out = io.BytesIO()
    # The bounds of texts would be values of other customers, which the file had in encrypted pages only.
    pq.write_table(table.filter(pc.invert(gone)), out, compression="zstd", write_statistics=_bounded(file))
    named = frozenset(identities.filter(gone).to_pylist()) if identities is not None else frozenset[str]()
    return ColumnsEdit(
        out.getvalue(), removed, table.num_rows, tuple(hours), tuple(visitors), named, tuple(lost.to_pylist())
    )


def _bounded(file: pq.ParquetFile) -> list[str]:
    """The columns of a file that have bounds."""
    groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    return sorted({one.path_in_schema for one in columns if one.statistics and one.statistics.has_min_max})


def _identities(table: pa.Table) -> pa.ChunkedArray | None:
    if not set(_IDENTITY) <= set(table.column_names):
        return None
    parts = [pc.cast(table[name], pa.string()) for name in _IDENTITY]
    return pc.binary_join_element_wise(*parts, ":")


def _holds(table: pa.Table, person: Person) -> pa.ChunkedArray:
    """Say of each row what Person.in_fields says of the record that it was: the number decides, and without one the
    name, an address or a page of the account in a text."""
    no = pa.chunked_array([pa.array([False] * table.num_rows)])
    mine, numbered, named = no, no, no
    for field in table.schema:
        if field.name.lower() in NUMBERS:
            column = pc.fill_null(pc.cast(table[field.name], pa.string()), "")
            spellings = {one: number(one) for one in pc.unique(column).to_pylist()}
            mine = pc.or_(mine, _among(column, [one for one, plain in spellings.items() if plain == person.number]))
            mine = pc.or_(mine, _among(column, [one for one in spellings if person.has_address(one)]))
            numbered = pc.or_(numbered, _among(column, [one for one, plain in spellings.items() if plain]))
        elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = pc.fill_null(pc.cast(table[field.name], pa.string()), "")
            values = pc.unique(column).to_pylist()
            some = (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))
            named = pc.or_(named, _among(column, [one for group in some for one in person.naming(group)]))
    return pc.or_(mine, pc.and_not(named, numbered))


def _among(column: pa.ChunkedArray, values: list[str]) -> pa.ChunkedArray:
    return pc.is_in(column, value_set=pa.array(values, pa.string()))
