"""The texts of files by the digests that they are named after, from storage or from memory."""

import csv
import hashlib
import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.engine.ledger import File

_SCHEMA = "file_digest string, value string"
_ARRIVAL = "2011-01-01T00:00:00Z"


@dataclass(frozen=True)
class Known(File):
    """A file in memory."""

    text: str = ""


def read(spark: SparkSession, files: Sequence[File], *, whole: bool) -> DataFrame:
    """Return ``file_digest`` and ``value``: the lines of files in their order, or each file as a whole."""
    known = [file for file in files if isinstance(file, Known)]
    if known:  # alone
        rows = [(file.digest, part) for file in known for part in ([file.text] if whole else file.text.split("\n"))]
        return spark.createDataFrame(rows, _SCHEMA).coalesce(1)
    reader = spark.read if whole else spark.read.option("lineSep", "\n")
    texts = reader.text([file.uri for file in files], wholetext=whole)
    return texts.select(F.substring("_metadata.file_name", 1, 64).alias("file_digest"), "value")


def reach(spark: SparkSession, files: Sequence[File]) -> None:
    """Raise what reading the bytes of files raises, unless one of them can be read: nobody knows more of storage."""
    raised: Exception | None = None
    for file in files:
        try:
            spark.read.text(file.uri).limit(1).count()
        except Exception as error:  # of this one, or of all
            raised = error
        else:
            return
    if raised:
        raise raised


def good(header: Sequence[str], records: Sequence[Mapping[str, str]], formats: Collection[str]) -> list[Known]:
    """Return files of the formats, in every shape that is read otherwise, with records that nothing is wrong with."""
    rows = [[record.get(name, "") for name in header] for record in records]
    plain = _table([header, *rows], csv.QUOTE_MINIMAL)
    quoted = _table([header, *rows], csv.QUOTE_ALL)
    broken = _table([header, *[[f"{row[0]}\n", *row[1:]] for row in rows]], csv.QUOTE_ALL)
    objects = [json.dumps(record) for record in records]
    shapes = {"csv": (plain, quoted, broken), "json": (f"[{','.join(objects)}]", "\n".join(objects))}
    return [
        Known(hashlib.sha256(text.encode()).hexdigest(), _ARRIVAL, "", kind, columns=tuple(header), text=text)
        for kind in sorted(formats)
        for text in shapes[kind]
    ]


def _table(rows: Sequence[Sequence[str]], quoting: Literal[0, 1]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows(rows)
    return text.getvalue()
