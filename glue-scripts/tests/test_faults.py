"""Faults of ours: when nothing can be read, no file is put apart, also without an earlier one to compare with."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from conftest import Platform
from lake import MemoryLedger, path_of
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from test_put_apart import HEADER, HOURS, content

from dataplatform.contracts import Contracts
from dataplatform.counts import Counts
from dataplatform.reading import records_csv, records_json, texts
from dataplatform.reading.cleaning import Cleaning
from dataplatform.transforms import find
from dataplatform.transforms.kinds import LineTransform
from dataplatform.transforms.processed import sales

Transform = Callable[..., DataFrame]


def eager(_: Transform) -> Transform:
    def fault(*_: object) -> DataFrame:
        raise TypeError("a fault of ours")

    return fault


def lazy(right: Transform) -> Transform:
    def fault(*args: object) -> DataFrame:
        return right(*args).withColumn("error", F.raise_error(F.lit("a fault of ours")).cast("string"))

    return fault


def with_fault(name: str, broken: Callable[[Transform], Transform]) -> LineTransform:
    right = sales.TRANSFORM
    if name == "clean":
        return replace(right, clean=broken(right.clean))
    return replace(right, completion=replace(right.completion, complete=broken(right.completion.complete)))


@pytest.mark.parametrize(
    ("kind", "module", "name", "broken"),
    [
        ("csv", records_csv, "_parsed", eager),
        ("csv", records_csv, "_parsed", lazy),
        ("json", records_json, "read", eager),
        ("csv", sales, "clean", eager),
        ("csv", sales, "clean", lazy),
        ("json", sales, "clean", lazy),
        ("csv", sales, "complete", eager),
        ("csv", sales, "complete", lazy),
    ],
    ids=lambda one: one.__name__.rsplit(".", 1)[-1] if hasattr(one, "__name__") else str(one),
)
def test_a_fault_of_ours_fails_the_run_that_has_nothing_else(
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    module: ModuleType,
    name: str,
    broken: Callable[[Transform], Transform],
) -> None:
    """No earlier file tells that it is none of the files'."""
    for number in (1, 2):
        text = content(number) + content(10 + number, "", day=2).removeprefix(HEADER)
        if kind == "json":
            text = json.dumps(list(csv.DictReader(text.splitlines())))
        platform.ledger.land(text, f"2010-12-03T09:0{number}:00Z", kind)
    with monkeypatch.context() as patched:
        if module is sales:
            patched.setattr(sales, "TRANSFORM", with_fault(name, broken))
        else:
            patched.setattr(module, name, broken(getattr(module, name)))
        with pytest.raises(Exception, match="a fault of ours"):
            platform.process("2010-12-03T10:00:00Z").run()
    assert not platform.ledger.apart("sales")
    assert platform.process("2010-12-03T10:00:00Z").run().datasets["sales"] == Counts(received=4, processed=4)


def test_storage_that_gives_no_file_fails_the_run_and_one_that_is_gone_does_not(platform: Platform) -> None:
    first = platform.ledger.land(content(1), "2010-12-01T09:10:00Z")
    second = platform.ledger.land(content(2), "2010-12-01T09:20:00Z")
    path = path_of(first.uri)
    path.rename(path.with_suffix(".away"))
    assert platform.process(HOURS).run().datasets["sales"] == Counts(received=2, processed=1, quarantined=1)
    assert [file.digest for file in platform.ledger.apart("sales")] == [first.digest]
    platform.ledger.try_again(first)
    path_of(second.uri).unlink()
    with pytest.raises(AnalysisException, match="PATH_NOT_FOUND"):
        platform.process(HOURS).run()
    assert not platform.ledger.apart("sales")


def test_what_is_known_to_be_good_is(
    spark: SparkSession, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = [one for one in contracts.pipelines.values() if contracts.get(one.raw).header]
    assert {one.name for one in filed} == {"customers", "products", "sales"}
    for pipeline in filed:
        raw, processed = contracts.get(pipeline.raw), contracts.get(pipeline.processed)
        known = find(LineTransform, processed).known_good
        files = texts.good(raw.header, known, ["csv", "json"])
        ledger = MemoryLedger(Path())  # what completes a line is looked for in files that it has
        monkeypatch.setattr(ledger, "arrived", lambda *_, files=files: files)
        made = Cleaning(spark, ledger, raw, processed).clean(files)
        assert (made.apart, made.summary.bad, made.summary.lines) == ({}, 0, 5 * len(known))
        assert {digest: one.lines for digest, one in made.by_file.items()} == {one.digest: len(known) for one in files}
        made.release()
