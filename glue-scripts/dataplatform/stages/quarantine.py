"""Writes lines that cannot be used to the quarantine: gzipped NDJSON, one object a file and reason."""

import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import IO

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from dataplatform.engine.ledger import UNREADABLE, File
from dataplatform.engine.storage import ObjectStore
from dataplatform.reading.lines import identity

# Objects larger than this are spooled to disk before they are put.
_SPOOL_BYTES = 8 << 20
_IDENTITY = StructType([StructField("identity", StringType())])


class Quarantine:
    """The quarantine of one dataset under ``<raw>/quarantine/<dataset>/``.

    Keys are a function of the input, so a rerun replaces its own objects.
    """

    def __init__(self, store: ObjectStore, raw: str, dataset: str, version: str) -> None:
        self._store = store
        self._root = f"{raw}/quarantine/{dataset}/"
        self._version = version

    def replace(self, lines: DataFrame, files: Iterable[File], reasons: Iterable[str]) -> list[str]:
        """Make the quarantined lines of files exactly the given ones; return the URIs written.

        Lines come to the driver one object after the other, never all together.
        """
        files = list(files)
        written = [self._write(key, rows) for key, rows in self._objects(lines, files)]
        self._store.delete(uri for uri in self._existing(files, reasons) if uri not in set(written))
        return written

    def clear(self, files: Iterable[File], reasons: Iterable[str]) -> None:
        """Remove what an earlier run quarantined of files that have nothing to quarantine any more."""
        self._store.delete(self._existing(list(files), reasons))

    def put_apart(self, file: File, error: str, reasons: Iterable[str]) -> None:
        """Keep, in the place of its lines, one row of a file that cannot be read; raw has its bytes."""
        day = f"ingest_date={file.arrival[:10]}/ingest_hour={file.arrival[11:13]}"
        row = {
            "identity": f"{file.digest}:0",
            "source": file.uri,
            "error": error,
            "arrival_time": file.arrival,
            "contract_version": self._version,
            "payload_uri": file.uri,
        }
        key = f"reason={UNREADABLE}/{day}/{file.digest}.ndjson.gz"
        written = self._write(key, iter([json.dumps(row)]))
        self._store.delete(uri for uri in self._existing([file], reasons) if uri != written)

    def _objects(self, lines: DataFrame, files: list[File]) -> Iterator[tuple[str, Iterator[str]]]:
        spark = lines.sparkSession
        sources = spark.createDataFrame(
            [(file.digest, file.uri) for file in files], "file_digest string, source string"
        )
        record = F.struct(
            identity().alias("identity"),
            "source",
            F.concat_ws(": ", "reason", "error").alias("error"),
            "payload",
            F.date_format("arrival_time", "yyyy-MM-dd'T'HH:mm:ss'Z'").alias("arrival_time"),
            F.lit(self._version).alias("contract_version"),
        )
        folder = F.format_string(
            "reason=%s/ingest_date=%s/ingest_hour=%s/%s.ndjson.gz",
            "reason",
            F.date_format("arrival_time", "yyyy-MM-dd"),
            F.date_format("arrival_time", "HH"),
            "file_digest",
        )
        rows = (
            lines.join(F.broadcast(sources), "file_digest", "left")
            .select(folder.alias("key"), "line_number", F.to_json(record).alias("text"))
            .orderBy("key", "line_number")
        )
        for key, of_key in groupby(rows.toLocalIterator(), key=lambda row: str(row["key"])):
            yield key, (row["text"] for row in of_key)

    def _write(self, key: str, rows: Iterator[str]) -> str:
        uri = self._root + key
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as body:
            _pack(rows, body)
            body.seek(0)
            self._store.put(uri, body, storage_class="INTELLIGENT_TIERING")
        return uri

    def _existing(self, files: list[File], reasons: Iterable[str]) -> Iterator[str]:
        if not files:
            return
        digests = {file.digest for file in files}
        days = sorted(file.arrival[:10] for file in files)
        for reason in reasons:
            prefix = f"{self._root}reason={reason}/"
            for uri in self._store.list(prefix, after=f"{prefix}ingest_date={days[0]}"):
                if uri > f"{prefix}ingest_date={days[-1]}0":
                    break
                if uri.rsplit("/", 1)[1].split(".", 1)[0] in digests:
                    yield uri


def identities(spark: SparkSession, uris: list[str]) -> DataFrame:
    """Read back the identities in quarantine objects."""
    if not uris:
        return spark.createDataFrame([], _IDENTITY)
    return spark.read.schema(_IDENTITY).json(uris).distinct()


def _pack(rows: Iterator[str], body: IO[bytes]) -> None:
    # No time and no name in the header: the same rows give the same bytes.
    with gzip.GzipFile(filename="", mode="wb", fileobj=body, mtime=0) as packed:
        for row in rows:
            packed.write(row.encode() + b"\n")
