"""Processed clicks: Parquet objects, each without the customer's events."""

import io
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataplatform.erasure.person import NUMBERS, Person, number

_HOUR = 3600
_VISITOR = "visitor_id"


@dataclass(frozen=True)
class ColumnsEdit:
    """An object without the customer.

    ``hours`` are the starts of the event hours that change, in Unix seconds; ``visitors`` are what the customer was
    before it signed in.
    """

    content: bytes
    removed: int
    records: int
    hours: tuple[int, ...]
    visitors: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Say whether nothing is left."""
        return self.removed == self.records


def edit(body: bytes, event_time: str, person: Person) -> ColumnsEdit:
    """Edit an object; its schema stays."""
    # One file, not a data set: a path with "event_date=" in it would add columns.
    table = pq.ParquetFile(io.BytesIO(body)).read()
    doomed = _holds(table, person)
    removed = pc.sum(doomed).as_py() or 0
    if not removed:
        return ColumnsEdit(body, 0, table.num_rows, ())
    gone = table.filter(doomed)
    times = pc.cast(gone[event_time], pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    hours = sorted({time // 1_000_000 // _HOUR * _HOUR for time in times})
    visitors = pc.unique(gone[_VISITOR]).drop_null().to_pylist() if _VISITOR in gone.column_names else []
    out = io.BytesIO()
    pq.write_table(table.filter(pc.invert(doomed)), out, compression="zstd")
    return ColumnsEdit(out.getvalue(), removed, table.num_rows, tuple(hours), tuple(visitors))


def _holds(table: pa.Table, person: Person) -> pa.ChunkedArray:
    """Say of each row whether it has the customer's number, or, having none, an address of theirs in a text."""
    no = pa.chunked_array([pa.array([False] * table.num_rows)])
    mine, numbered = no, no
    for name in table.column_names:
        if name.lower() in NUMBERS:
            column = pc.fill_null(pc.cast(table[name], pa.string()), "")
            spellings = [one for one in pc.unique(column).to_pylist() if number(one) == person.number]
            mine = pc.or_(mine, pc.is_in(column, value_set=pa.array(spellings, pa.string())))
            numbered = pc.or_(numbered, pc.not_equal(column, ""))
    named = no
    for field in table.schema:
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = pc.fill_null(table[field.name], "")
            for email in person.emails:
                named = pc.or_(named, pc.match_substring(column, email, ignore_case=True))
    return pc.or_(mine, pc.and_not(named, numbered))
