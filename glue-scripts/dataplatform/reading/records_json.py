"""The records of JSON files, as landing counts them: the elements of one array, or the values of lines.

Taken apart here and not by Spark: its parser refuses a whole array for one number of more than 1,000 digits, passes
null over, takes a text that holds an object for one, and writes 10000000.00 as 1.0E7.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from dataplatform.contracts import Known
from dataplatform.engine.ledger import File
from dataplatform.reading import composed, texts
from dataplatform.reading.records_csv import CONTROLS

_SPACE = " \t\r\n"
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)
_CONTROLS = re.compile(CONTROLS)
_BATCH = 4096


def read(spark: SparkSession, files: Sequence[File], header: Sequence[str], known: Known | None = None) -> DataFrame:
    """Return the records of files with their digests, numbers, fields, texts, reasons and errors."""
    said = [pa.field(name, pa.string()) for name in (*header, "payload", "reason", "error")]
    schema = pa.schema([pa.field("file_digest", pa.string()), pa.field("line_number", pa.int64()), *said])
    names, ever = _names(header, known or Known())

    def take_apart(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (row for batch in batches for row in _rows(batch, names, ever))
        while some := list(islice(rows, _BATCH)):
            yield pa.RecordBatch.from_arrays(
                [pa.array(values, field.type) for values, field in zip(zip(*some, strict=True), schema, strict=True)],
                schema=schema,
            )

    return texts.read(spark, files, whole=True).mapInArrow(take_apart, from_arrow_schema(schema))


def _names(header: Sequence[str], known: Known) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the names of each column, and all that a record of any version may have."""
    return [known.of(name) for name in header], list(dict.fromkeys([*header, *known.names]))


def _rows(
    documents: pa.RecordBatch, names: Sequence[Sequence[str]], ever: Collection[str]
) -> Iterator[tuple[Any, ...]]:
    for name, text in zip(*documents.to_pydict().values(), strict=True):
        for number, payload in enumerate(records(text), 1):
            values, reason, error = fields(payload, names, ever)
            yield name, number, *values, payload, reason, error


def records(document: str) -> Iterator[str]:
    """Yield the text of each record."""
    document = document.removeprefix("\ufeff")
    array = document.lstrip(_SPACE).startswith("[")
    found = (document[start:end] for start, end in elements(document)) if array else document.split("\n")
    return (record for one in found if (record := one.strip(_SPACE)))


def elements(document: str) -> Iterator[tuple[int, int]]:
    """Yield where the elements of an array are, with the white space around them."""
    depth, start = 0, document.index("[") + 1
    for token in _STRUCTURE.finditer(document, start):
        sign = token.group()[0]
        if sign in "[{":
            depth += 1
        elif depth == 0 and sign in ",]":
            yield start, token.start()
            start = token.end()
            if sign == "]":
                return
        elif sign in "]}":
            depth -= 1


def fields(
    payload: str, names: Sequence[Sequence[str]], ever: Collection[str]
) -> tuple[list[str | None], str | None, str | None]:
    """Return the fields of a record as text, numbers as they are written, and why it cannot be used.

    Of a name that is given twice the last value counts. One that is not given is null: whether it may be, the transform
    says as it does of an empty field.
    """
    nothing: list[str | None] = [None] * len(names)
    try:
        record = _DECODER.decode(payload)
    except (ValueError, RecursionError):
        return nothing, "undecodable", "not JSON"
    if not isinstance(record, dict):
        return nothing, "undecodable", "not a JSON object"
    values = [next((record[name] for name in of if name in record), None) for of in names]
    return [_text(value) for value in values], *_verdict(record, ever)


def _verdict(record: Mapping[str, Any], ever: Collection[str]) -> tuple[str | None, str | None]:
    if unknown := [_whole(name) for name in record if name not in ever]:
        return "unknown_field", ", ".join(unknown)
    if nested := [name for name in ever if not isinstance(record.get(name), str | None)]:
        return "wrong_type", ", ".join(nested)
    if any(value and _CONTROLS.search(value) for value in record.values()):
        return "invalid_value", "a control character"
    return None, None


def _text(value: Any) -> str | None:
    return _whole(value) if isinstance(value, str) else None


def _whole(text: str) -> str:
    """The text composed, with U+FFFD for halves of surrogate pairs, which are no characters, as clicks have it."""
    if text.isascii():
        return text
    return composed.text(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
