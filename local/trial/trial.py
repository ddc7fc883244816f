"""Runs files of a dataset through what the job that processes does with lines: no platform, no tables.

Arguments: the contracts' bundle, the dataset, how many lines to show, a folder of files as raw has them, named by their
digests. Standard input has what the landing function says of each, a JSON object a line.
"""

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from dataplatform import contracts, quality, table_rules
from dataplatform.contracts import Contract, Contracts
from dataplatform.engine.ledger import File
from dataplatform.reading import lines
from dataplatform.reading.cleaning import Cleaned, Cleaning
from dataplatform.stages.equals import first_of_each
from local.trial import small

_WIDEST = 40
_LONGEST_RECORD = 1 << 20  # landing refuses longer ones


@dataclass(frozen=True)
class Given:
    """The only files there are."""

    all: Sequence[File]

    def arrived(self, dataset: str, start: datetime, end: datetime) -> list[File]:
        """Return the files; whoever looks for others finds none."""
        return list(self.all)


def main(arguments: Sequence[str]) -> None:
    """Print what becomes of the files; end with an error when the code raises for one."""
    bundle, dataset, shown, folder = arguments
    known = contracts.parse(Path(bundle).read_text(encoding="utf-8"))
    with small.session(f"try {dataset}") as spark:
        said = [json.loads(line) for line in sys.stdin]
        whole, texts = tried(spark, known, dataset, said, Path(folder), shown=int(shown))
    sys.stdout.write("".join(f"{text}\n" for text in texts))
    sys.exit(0 if whole else 1)


def tried(
    spark: SparkSession, known: Contracts, dataset: str, said: Sequence[dict], folder: Path, *, shown: int
) -> tuple[bool, list[str]]:
    """Return whether the code raises for no file, and what became of them, line by line."""
    pipeline = known.pipeline(dataset)
    raw, processed = known.get(pipeline.raw), known.get(pipeline.processed)
    files = [_file(one, folder) for one in said]
    cleaned = Cleaning(spark, Given(files), raw, processed).clean(files)
    names = {one["digest"]: one["name"] for one in said}
    begins = {one["digest"]: _begins(_path(one, folder)) for one in said if one["format"] == "csv"}
    return not cleaned.apart, list(account(cleaned, processed, names, begins, shown))


def _path(said: dict, folder: Path) -> Path:
    return folder / f"{said['digest']}.{said['format']}.gz"


def _begins(path: Path) -> list[int]:
    """The lines of a CSV file, as an editor counts, in which its records begin; a row without any value is none."""
    csv.field_size_limit(_LONGEST_RECORD)
    found, line = [], 1
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        for row in rows:
            if any(value.strip() for value in row):
                found.append(line)
            line = rows.line_num + 1
    return found[1:]  # after the header


def _file(said: dict, folder: Path) -> File:
    arrival = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    columns = tuple(said["columns"] or ())
    return File(
        said["digest"],
        arrival,
        _path(said, folder).as_uri(),
        said["format"],
        records=said["records"],
        mapping=said["mapping"],
        columns=columns,
    )


def account(
    cleaned: Cleaned, processed: Contract, names: dict[str, str], begins: dict[str, list[int]], shown: int
) -> Iterator[str]:
    """Yield the counts, the first rows, the bad lines with their reasons, and the files that the code raises for."""
    good = cleaned.lines.where(F.col("reason").isNull())
    rows = quality.conform(first_of_each(good, processed), processed).persist()
    processed_lines, received, bad = rows.count(), cleaned.summary.lines, cleaned.summary.bad
    repeated = received - bad - processed_lines
    yield f"{received} lines: {processed_lines} processed, {repeated} duplicates, {bad} quarantined"
    said = [name for name in processed.names if name not in {"line_key", "file_digest", "line_number", "arrival_time"}]
    texts = rows.orderBy(*lines.IDENTITY).select(*[F.col(name).cast("string") for name in said]).limit(shown)
    yield from _table(said, texts.collect())
    yield from _quarantined(cleaned.lines, names, begins, shown)
    others = table_rules.references(processed)
    alone = replace(processed, quality=tuple(one for one in processed.quality if one.get("dataset") not in others))
    for severity, broken in table_rules.broken(rows, alone, rows, {}):
        yield f"{severity}: {broken}"
    if others:
        yield f"references are not looked at, for there are no rows here of {', '.join(others)}"
    for file, error in cleaned.apart.items():
        yield f"{names[file.digest]} cannot be read: {error}"


def _quarantined(
    evaluated: DataFrame, names: dict[str, str], begins: dict[str, list[int]], shown: int
) -> Iterator[str]:
    bad = evaluated.where(F.col("reason").isNotNull()).orderBy(*lines.IDENTITY)
    for row in bad.select(*lines.IDENTITY, "reason", "error", "payload").limit(shown).collect():
        digest, number = row["file_digest"], row["line_number"]
        line = begins[digest][number - 1] if digest in begins else number
        yield f"{names[digest]}:{line} {row['reason']} ({row['error']}): {row['payload']}"


def _table(columns: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    cells = [list(columns), *[["" if value is None else value for value in row] for row in rows]]
    widths = [min(_WIDEST, max(len(row[place]) for row in cells)) for place in range(len(columns))]
    for row in cells:
        yield "  ".join(cell[:width].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


if __name__ == "__main__":
    main(sys.argv[1:])
