"""Files that cannot be read: each is put apart by its name, and its neighbours are published in the same run."""

import gzip
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType

import pytest
from conftest import Platform
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.counts import Counts, Report
from dataplatform.engine.ledger import File
from dataplatform.quality import QualityError
from dataplatform.reading import cleaning, unreadable
from dataplatform.reading.cleaning import Cleaning, Part
from dataplatform.transforms.processed import customers, products, sales

LOG = logging.getLogger(__name__)
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
HOURS = "2010-12-01T10:00:00Z"
POISON = "666"


PRODUCTS = "ProductID,Title,Category,Price,Currency,UpdatedAt\n"
CUSTOMERS = "CustomerID,Name,Email,BirthDate,Postcode,Country,UpdatedAt\n"


def content(number: int, price: str = "2.55", day: int = 1) -> str:
    return f"{HEADER}{number},85123A,HANGING HEART,6,2010-12-{day:02d} 08:26:00,{price},17850.0,United Kingdom\n"


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A transform that raises for one value, in the middle of a job; returns what mends it."""
    patched = monkeypatch.context()
    raise_for(POISON, "InvoiceNo", sales, patched.__enter__())
    return lambda: patched.__exit__(None, None, None)


def raise_for(value: str, field: str, transform: ModuleType, patched: pytest.MonkeyPatch) -> None:
    """Let a transform raise for one value of a field."""
    clean = transform.clean

    def deliberate(lines: DataFrame) -> DataFrame:
        error = F.raise_error(F.lit("deliberate, and 17850 is a customer")).cast("string")
        return clean(lines.withColumn(field, F.when(F.col(field) == value, error).otherwise(F.col(field))))

    patched.setattr(transform, "TRANSFORM", replace(transform.TRANSFORM, clean=deliberate))


def invoices(platform: Platform) -> list[str]:
    return sorted(row["invoice_no"] for row in platform.table("processed.sales").collect())


def test_a_file_that_raises_is_put_apart_and_taken_again_after_the_mend(
    platform: Platform, raising: Callable[[], None]
) -> None:
    for number in (1, 2, 3):
        platform.ledger.land(content(number), f"2010-12-01T09:{number:02d}:00Z")
    poison = platform.ledger.land(content(int(POISON)), "2010-12-01T09:10:00Z")
    report = platform.process(HOURS).run()
    assert report.datasets["sales"] == Counts(received=4, processed=3, quarantined=1)
    assert (report.apart, report.document()["apart"][0]["file"]) == (1, poison.digest)
    assert invoices(platform) == ["1", "2", "3"]
    kept = platform.ledger.items[poison.digest]
    assert kept.apart
    assert "17850" not in kept.apart, "the ledger holds no data"
    place = platform.root / "raw/quarantine/sales/reason=unreadable/ingest_date=2010-12-01/ingest_hour=09"
    row = json.loads(gzip.decompress((place / f"{poison.digest}.ndjson.gz").read_bytes()))
    assert (row["identity"], row["payload_uri"]) == (f"{poison.digest}:0", poison.uri)
    assert "deliberate" in row["error"]

    platform.curate(HOURS).run()
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 3
    report = platform.process("2010-12-01T11:00:00Z").run()
    assert report.datasets["sales"] == Counts(), "no later run takes it again"
    assert (report.apart, report.waiting) == (1, 0)

    raising()
    platform.ledger.try_again(poison)
    platform.run("2010-12-01T09:00:00Z/2010-12-01T10:00:00Z")
    assert invoices(platform) == ["1", "2", "3", POISON]
    assert not list((platform.root / "raw/quarantine").rglob("*.gz"))


def test_an_hour_of_nothing_else_ends_well(platform: Platform, raising: Callable[[], None]) -> None:
    platform.ledger.land(content(int(POISON)), "2010-12-01T09:10:00Z")
    assert platform.process(HOURS).run().datasets["sales"] == Counts(received=1, quarantined=1)
    assert platform.curate(HOURS).run().datasets["sales"] == Counts()
    raising()


def test_a_file_that_others_need_is_put_apart_and_not_them(platform: Platform, raising: Callable[[], None]) -> None:
    """The median of a price is read from other files, also from one that no run has taken."""
    poison = platform.ledger.land(content(int(POISON), "9.00"), "2010-12-01T09:10:00Z")
    platform.ledger.land(content(1, "3.00"), "2010-12-01T09:20:00Z")
    platform.ledger.land(content(2, "", day=2), "2010-12-02T09:20:00Z")
    report = platform.process("2010-12-02T09:00:00Z/2010-12-02T10:00:00Z").run()
    assert report.datasets["sales"].processed == 1
    assert [file.digest for file in platform.ledger.apart("sales")] == [poison.digest]
    assert [str(row["unit_price"]) for row in platform.table("processed.sales").collect()] == ["3.0000"]
    raising()


def test_another_number_of_records_than_landing_counted(platform: Platform) -> None:
    right = platform.ledger.land(content(1), "2010-12-01T09:10:00Z")
    wrong = platform.ledger.land(content(2), "2010-12-01T09:20:00Z")
    gone = platform.ledger.land(HEADER, "2010-12-01T09:30:00Z")
    for file, records in ((right, 1), (wrong, 5), (gone, 2)):
        platform.ledger.items[file.digest] = replace(platform.ledger.items[file.digest], records=records)
    assert platform.process(HOURS).run().datasets["sales"] == Counts(received=3, processed=1, quarantined=2)
    assert {file.digest for file in platform.ledger.apart("sales")} == {wrong.digest, gone.digest}
    assert invoices(platform) == ["1"]


def test_a_later_failure_names_the_file_and_ends_when_it_is_put_apart(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cleaning lets through and curate does not: by hand, one command, and the next run publishes the others."""
    good = platform.ledger.land(content(1), "2010-12-01T09:10:00Z")
    bad = platform.ledger.land(content(2, "9.00"), "2010-12-01T09:20:00Z")
    hourly = platform.contracts.get("curated.sales_hourly")
    cheap = {"name": "cheap", "kind": "max", "columns": ["gross_revenue"], "limit": 60, "severity": "error"}
    stricter = replace(hourly, quality=(*hourly.quality, cheap))
    platform.contracts = replace(platform.contracts, contracts={**platform.contracts.contracts, hourly.id: stricter})
    platform.process(HOURS).run()
    with pytest.raises(QualityError, match=f"cheap: 1; the first in .*, from the files {bad.digest}, {good.digest}"):
        platform.curate(HOURS).run()
    platform.ledger.mark_apart("sales", bad, "PutApartByHand")
    platform.run("2010-12-01T11:00:00Z")
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 1
    assert platform.ledger.items[good.digest].processed
    platform.run("2010-12-01T12:00:00Z")
    assert invoices(platform) == ["1"], "processed loses it when curated is without it"
    assert not platform.ledger.items[bad.digest].merged


def test_a_published_file_that_is_put_apart_leaves_every_table(platform: Platform) -> None:
    """A later version of the code may not be able to read it any more."""
    good = platform.ledger.land(content(1), "2010-12-01T09:10:00Z")
    bad = platform.ledger.land(content(2, "9.00"), "2010-12-01T09:20:00Z")
    platform.run(HOURS)
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 2
    platform.ledger.mark_apart("sales", bad, "LaterError")
    platform.run("2010-12-01T11:00:00Z")
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == 1
    platform.run("2010-12-01T12:00:00Z")
    assert invoices(platform) == ["1"]
    assert (platform.ledger.items[good.digest].processed, platform.ledger.items[bad.digest].merged) == (True, False)


def test_no_file_is_blamed_for_what_is_not_its_fault(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    known = platform.ledger.land(content(1), "2010-12-01T08:10:00Z")
    platform.run("2010-12-01T09:00:00Z")
    assert platform.ledger.items[known.digest].processed
    platform.ledger.land(content(2), "2010-12-01T09:10:00Z")

    def broken(_: DataFrame) -> DataFrame:
        raise OSError("no key for anybody")

    with monkeypatch.context() as patched:
        patched.setattr(sales, "TRANSFORM", replace(sales.TRANSFORM, clean=broken))
        with pytest.raises(OSError, match="no key for anybody"):
            platform.process(HOURS).run()
    assert not platform.ledger.apart("sales")


@pytest.fixture
def cleaned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files were cleaned together, each time."""
    sizes: list[int] = []
    evaluated = Cleaning._evaluated

    def counted(self: Cleaning, files: list[File]) -> Part:
        sizes.append(len(files))
        return evaluated(self, files)

    monkeypatch.setattr(Cleaning, "_judged", counted)
    return sizes


def test_one_poisoned_file_among_twenty(platform: Platform, raising: Callable[[], None], cleaned: list[int]) -> None:
    """Its cost is printed beside that of the same hour without it; asserted is how often anything is cleaned."""
    for number in range(20):
        platform.ledger.land(content(number), f"2010-12-01T09:{number:02d}:00Z")

    def hour() -> tuple[Counts, float]:
        began = time.perf_counter()
        counts = platform.process("2010-12-01T09:00:00Z/2010-12-01T10:00:00Z").run().datasets["sales"]
        platform.curate("2010-12-01T09:00:00Z/2010-12-01T10:00:00Z").run()
        return counts, time.perf_counter() - began

    hour()  # warm
    platform.empty()
    ordinary = hour()
    platform.empty()
    platform.ledger.land(content(int(POISON)), "2010-12-01T09:30:00Z")
    cleaned.clear()
    poisoned = hour()
    assert cleaned == [21, 20, 1]
    seconds = (ordinary[1], poisoned[1])
    assert (ordinary[0].processed, poisoned[0].processed, poisoned[0].quarantined) == (20, 20, 1)
    LOG.warning("20 files %.1f s, and a poisoned one %.1f s: %.2f", *seconds, seconds[1] / seconds[0])
    raising()


@pytest.mark.parametrize(
    ("dataset", "transform", "header", "line"),
    [
        ("sales", sales, HEADER, content(1).splitlines()[1]),
        ("products", products, PRODUCTS, "1,LAMP,,2.55,GBP,2010-12-01T05:00:00Z"),
        ("customers", customers, CUSTOMERS, "1,Ann Example,,1980-02-29,75001,France,2010-12-01T05:00:00Z"),
    ],
)
def test_the_file_that_was_read_last_is_named_without_a_search(
    platform: Platform,
    cleaned: list[int],
    monkeypatch: pytest.MonkeyPatch,
    dataset: str,
    transform: ModuleType,
    header: str,
    line: str,
) -> None:
    """Whatever the files' order and their empty lines: the row that raises is the last one that its task has read."""
    raise_for(POISON, header.partition(",")[0], transform, monkeypatch)
    monkeypatch.setattr(cleaning, "suspects", lambda *_: pytest.fail("searched"))
    _, _, values = line.partition(",")
    for number in range(1, 8):
        own = [f"{number}{at},{values}" for at in range(number)]
        empty = "\n" * (3 * number % 5)
        landed = f"{empty}{header}{empty}" + empty.join(f"{one}\n" for one in own)
        platform.ledger.land(landed, f"2010-12-01T09:0{number}:00Z", dataset=dataset)
    poisoned = f"{header}31,{values}\n\n{POISON},{values}\n32,{values}\n"
    poison = platform.ledger.land(poisoned, "2010-12-01T09:04:30Z", dataset=dataset)
    counts = platform.process(HOURS, dataset).run().datasets[dataset]
    assert (counts.received, counts.quarantined, cleaned) == (29, 1, [8, 7, 1])
    assert [file.digest for file in platform.ledger.apart(dataset)] == [poison.digest]


def test_several_poisoned_files_of_either_format(
    platform: Platform, raising: Callable[[], None], cleaned: list[int]
) -> None:
    """Also beside a file whose records go over line ends, so that its rows come from several tasks."""
    whole = HEADER + '7,85123A,"HANGING\nHEART",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n'
    platform.ledger.land(whole, "2010-12-01T09:01:00Z")
    names, values = HEADER.strip().split(","), content(8).splitlines()[1].split(",")
    good = dict(zip(names, values, strict=True))
    platform.ledger.land(json.dumps([good]), "2010-12-01T09:02:00Z", "json")
    wanted = [
        platform.ledger.land(json.dumps([good, {**good, "InvoiceNo": POISON}]), "2010-12-01T09:03:00Z", "json"),
        platform.ledger.land(content(int(POISON)), "2010-12-01T09:04:00Z"),
        platform.ledger.land(content(int(POISON), "3.00"), "2010-12-01T09:05:00Z"),
    ]
    assert platform.process(HOURS).run().datasets["sales"] == Counts(received=5, processed=2, quarantined=3)
    assert {file.digest for file in platform.ledger.apart("sales")} == {file.digest for file in wanted}
    assert cleaned == [5, 4, 2, 1, 1, 1]
    raising()


def files(count: int) -> list[File]:
    return [File(str(number), "2010-12-01T09:00:00Z", "", "csv") for number in range(count)]


def test_halves_find_those_that_raise_and_keep_what_was_made() -> None:
    attempts: list[int] = []

    def attempt(some: list[File]) -> list[str]:
        attempts.append(len(some))
        if any(file.digest in {"5", "13"} for file in some):
            raise ValueError(f"{len(some)} files")
        return [file.digest for file in some]

    made, raised = unreadable.by_halves(files(21), attempt, lambda: None)
    assert sorted(int(one) for part in made for one in part) == [n for n in range(21) if n not in {5, 13}]
    assert {file.digest: str(error) for file, error in raised.items()} == {"5": "1 files", "13": "1 files"}
    assert len(attempts) <= 1 + 2 * 2 * 5


def test_suspects_are_to_blame_when_all_others_pass() -> None:
    some, attempts = files(21), []

    def attempt(tried: list[File]) -> str:
        attempts.append([file.digest for file in tried])
        if some[5] in tried:
            raise ValueError("5")
        return "made"

    made, raised = unreadable.by_halves(some, attempt, pytest.fail, lambda _: [[some[5], some[7]]])
    assert (made, list(raised)) == (["made", "made"], [some[5]]), "the other suspect passes alone"
    assert [len(tried) for tried in attempts] == [21, 19, 1, 1]

    control: list[str] = []
    made, raised = unreadable.by_halves(some, attempt, lambda: control.append("asked"), lambda _: [[some[3]]])
    assert (list(raised), control) == ([some[5]], ["asked"]), "wrong ones are forgotten"


def test_without_an_error_everything_is_done_once() -> None:
    calls: list[int] = []
    made, raised = unreadable.by_halves(files(9), lambda some: calls.append(len(some)), pytest.fail)
    assert (calls, len(made), raised) == ([9], 1, {})


def test_what_passes_is_no_fault_of_a_file() -> None:
    calls: list[int] = []

    def once(some: list[File]) -> str:
        calls.append(len(some))
        if len(calls) == 1:
            raise OSError("connection reset")
        return "made"

    assert unreadable.by_halves(files(1), once, lambda: None) == (["made"], {})


def test_a_file_that_nobody_mends_is_told_of_for_a_week() -> None:
    at = datetime(2026, 3, 8, 9, tzinfo=UTC)
    some = [replace(file, apart="E", apart_at=f"2026-03-0{file.digest}T08:00:00Z") for file in files(8)[1:]]
    report = Report("sales", "process", "", "run")
    report.files_apart([*some, some[-1]], at)
    assert (report.apart, len(report.apart_files), report.apart_files[0]["file"]) == (6, 7, "7")


def test_an_error_is_told_by_its_cause() -> None:
    error = RuntimeError(
        "Job aborted due to stage failure: Task 0 in stage 3.0 failed 1 times, most recent failure: Lost task 0.0 in "
        "stage 3.0 (TID 3) (host executor driver): java.lang.ArithmeticException: long overflow\n\tat java.lang.Math"
    )
    assert unreadable.name(error) == "java.lang.ArithmeticException"
    assert unreadable.text(error).startswith("java.lang.ArithmeticException: long overflow")
    assert unreadable.text(ValueError("a\nb")) == "ValueError: a b"
    assert len(unreadable.text(ValueError("x" * 5000))) == 300
