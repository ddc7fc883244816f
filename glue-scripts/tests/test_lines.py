"""Raw files as lines."""

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import plain_records
import pytest
from frames import frame
from lake import MemoryLedger, path_of
from pyspark.sql import SparkSession
from pyspark.testing import assertDataFrameEqual

from dataplatform.erasure import texts
from dataplatform.erasure.person import Person
from dataplatform.reading import lines
from dataplatform.transforms import keys

HEADER = ("No", "Text", "Count")


def test_csv_records_are_numbered_and_lines_that_do_not_fit_get_a_reason(spark: SparkSession, tmp_path: Path) -> None:
    ledger = MemoryLedger(tmp_path)
    content = 'No,Text,Count\n1,"two\nlines, ""quoted""",5\n\n2,"a,b"\n3,x,1,"more, and",\n4, blank ,\n'
    one = ledger.land(content, "2010-12-01T10:00:00Z")
    two = ledger.land("No,Text,Count\r\n9,y,7\r\n", "2010-12-02T11:00:00Z")
    schema = lines.line_schema(HEADER)
    first, second = "2010-12-01T10:00:00", "2010-12-02T11:00:00"
    want = [
        (one.digest, 1, first, "1", 'two\nlines, "quoted"', "5", '1,"two\nlines, ""quoted""",5', None, None),
        (one.digest, 2, first, "2", "a,b", None, '2,"a,b"', "missing_field", "2 fields, the header has 3"),
        (one.digest, 3, first, "3", "x", "1", '3,x,1,"more, and",', "unknown_field", "5 fields, the header has 3"),
        (one.digest, 4, first, "4", " blank ", None, "4, blank ,", None, None),
        (two.digest, 1, second, "9", "y", "7", "9,y,7", None, None),
    ]
    assertDataFrameEqual(lines.read(spark, [one, two], HEADER), frame(spark, schema, want))


@pytest.mark.parametrize("as_array", [False, True])
def test_json_records_are_numbered_and_lines_that_do_not_fit_get_a_reason(
    spark: SparkSession, tmp_path: Path, as_array: bool
) -> None:
    texts = [
        '{"No":"1","Text":"a","Count":2.50}',
        '{"No":"1","Text":null,"Count":"2"}',
        '{"No":"1","Text":"a","Count":2,"Extra":1}',
        '{"No":"1","Text":"a"}',
        '{"No":"1","Text":true,"Count":2}',
        '{"No":"1","Text":{"a":1},"Count":[2]}',
        "7",
    ]
    content = "[\n" + ",\n".join(texts) + "\n]" if as_array else "\n".join(texts) + '\n\n{"No":\n'
    file = MemoryLedger(tmp_path).land(content, "2010-12-01T10:00:00Z", "json")
    got = lines.read(spark, [file], HEADER).select("line_number", "Text", "Count", "payload", "reason", "error")
    want = [
        (1, "a", "2.50", None, None),
        (2, None, "2", None, None),
        (3, "a", "2", "unknown_field", "Extra"),
        (4, "a", None, None, None),
        (5, None, "2", "wrong_type", "Text"),
        (6, None, None, "wrong_type", "Text, Count"),
        (7, None, None, "undecodable", "not a JSON object"),
    ]
    if not as_array:
        want.append((8, None, None, "undecodable", "not JSON"))
    rows = {row["line_number"]: row for row in got.collect()}
    found = [
        (key, rows[key]["Text"], rows[key]["Count"], rows[key]["reason"], rows[key]["error"]) for key in sorted(rows)
    ]
    assert found == want
    assert json.loads(rows[3]["payload"])["Extra"] == 1


def test_equal_values_have_equal_keys_whatever_the_blanks_and_the_format(spark: SparkSession, tmp_path: Path) -> None:
    ledger = MemoryLedger(tmp_path)
    files = [
        ledger.land("No,Text,Count\n1, e\u0301\t,\n", "2010-12-01T10:00:00Z"),
        ledger.land('{"No":1,"Text":"\u00e9\u200b"}', "2010-12-01T10:00:00Z", "json"),
    ]
    said = keys.add(lines.trimmed(lines.read(spark, files, HEADER), HEADER), HEADER).select("line_key").distinct()
    want = [(hashlib.sha256("1\x1f\u00e9\x1f".encode()).hexdigest(),)]
    assertDataFrameEqual(said, spark.createDataFrame(want, "line_key string"))


BLANK = ("", "\r", ",,", " ,\t,\r", '"",""," "', "\u3000,\u00a0", '"\n\n",,')


@pytest.mark.parametrize("joined", [False, True])
def test_rows_without_values_are_no_records_wherever_they_are(
    spark: SparkSession, tmp_path: Path, joined: bool
) -> None:
    """Landing counts what a run reads, in files of either kind, and an erasure numbers the lines alike."""
    blank = [row for row in BLANK if joined or "\n" not in row]
    rows = ["1,a,2", *blank, '"""",,', *blank, '",",,', "4,b,17850"]
    header = ("No", "Text", "CustomerID")
    content = ",".join(header) + "\n" + "\n".join(rows) + "\n"
    file = MemoryLedger(tmp_path).land(content, "2010-12-01T10:00:00Z")
    got = lines.read(spark, [file], header).select("line_number", "No", "Text")
    assert sorted(tuple(row) for row in got.collect()) == [(1, "1", "a"), (2, '"', None), (3, ",", None), (4, "4", "b")]
    edit = texts.file(content.encode(), "csv", Person.of("17850"), "#erased")
    assert (edit.removed, edit.records) == ((4,), 4)
    mine = [("1", "a", "2"), ('"', "", ""), (",", "", ""), ("4", "b", "17850")]
    assert [tuple(fields.values()) for fields, _ in plain_records.records(content.encode(), header)] == mine


def test_a_mapping_that_is_gone_is_named(spark: SparkSession, tmp_path: Path) -> None:
    file = replace(MemoryLedger(tmp_path).land("A\n1\n", "2010-12-01T10:00:00Z"), mapping="shop", columns=("A",))
    with pytest.raises(ValueError, match="there is no mapping shop; it stays as long as raw has files that came by it"):
        lines.read(spark, [file], HEADER)


def test_no_files_are_no_lines(spark: SparkSession) -> None:
    empty = lines.read(spark, [], HEADER)
    assert empty.schema == lines.line_schema(HEADER)
    assert empty.isEmpty()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("csv", "No,Text,Count\n1,a,2\n{}\n3,c,4\n"),
        ("json", '{{"No":"1","Text":"a","Count":2}}\n"{}"\n{{"No":"3","Text":"c","Count":4}}\n'),
        ("json", '[{{"No":"1","Text":"a","Count":2}},"{}",{{"No":"3","Text":"c","Count":4}}]'),
    ],
)
def test_marks_of_erased_records_are_passed_over_and_counted(
    spark: SparkSession, tmp_path: Path, kind: str, content: str
) -> None:
    ledger = MemoryLedger(tmp_path)

    def left(mark: str, **noted: object) -> list[int]:
        written = ledger.land(content.format(mark), "2010-12-01T10:00:00Z", kind)
        frame = lines.read(spark, [replace(written, **noted)], HEADER).select("line_number")
        return sorted(row["line_number"] for row in frame.collect())

    file = ledger.land(content.format("2,b,3"), "2010-12-01T10:00:00Z", kind)
    path_of(file.uri).write_bytes(gzip.compress(content.format(lines.mark(file.digest)).encode(), mtime=0))
    got = lines.read(spark, [replace(file, erased=1)], HEADER).select("line_number", "Text", "reason")
    assert sorted(tuple(row) for row in got.collect()) == [(1, "a", None), (3, "c", None)]
    assert left("#erased") == [1, 2, 3], "a source that writes so is no erasure"
    assert left("#erased", erased=1) == [1, 2, 3], "not even beside one"
    assert left(lines.mark(file.digest), erased=1) == [1, 2, 3], "nor is another file's mark"
    assert left("#erased", erased=1, bare_marks=True) == [1, 3], "erasures once wrote it"
