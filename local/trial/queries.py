"""Holds the saved queries and views against the contracts: every name in them has to be that of a column there is."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from emulator.services.athena.errors import QueryError
from emulator.services.athena.translate import Source, Translator, parse

_TABLE = re.compile(r"\{([a-z]+)\}\.")
_TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
Columns = dict[str, pa.DataType]


def problems(bundle: str, folder: Path) -> Iterator[str]:
    """Say what Athena would refuse in the queries of a folder and in the views below it, by the contracts' columns."""
    tables = {key: _columns(one) for key, one in json.loads(bundle)["contracts"].items()}

    def look_up(source: Source) -> Columns:
        name = f"{source.database}.{source.name}"
        if name not in tables:
            raise QueryError("TABLE_NOT_FOUND", f"there is no {name}; there are: {', '.join(sorted(tables))}")
        return tables[name]

    for path in sorted([*folder.glob("*.sql"), *folder.glob("views/*.sql")]):
        try:
            # Nothing is asked of a table: what conditions come to does not matter.
            Translator(look_up, lambda _: None).plan(parse(_TABLE.sub(r"\1.", path.read_text(encoding="utf-8"))), None)
        except QueryError as error:
            yield f"{folder.parent.name}/{folder.name}/{path.relative_to(folder)}: {error}"


def _columns(contract: Mapping[str, list[Mapping[str, str]]]) -> dict[str, pa.DataType]:
    return {one["name"].lower(): _type(one["physical"]) for one in contract["columns"] + contract["pathColumns"]}


def _type(physical: str) -> pa.DataType:
    if match := re.fullmatch(r"decimal\((\d+),(\d+)\)", physical):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _TYPES[physical]
