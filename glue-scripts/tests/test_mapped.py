"""Files of other shops, as the mappings that ship say: through landing's own check, the job and an erasure."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY, Platform, lake_of
from landing import examine, quarantined
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts import Contracts
from dataplatform.counts import Counts
from dataplatform.erasure import texts
from dataplatform.erasure.person import Person
from dataplatform.erasure.places import raw_files
from dataplatform.erasure.rows import Rows
from dataplatform.erasure.versions import Version
from dataplatform.reading.mapped import fields, places

EXAMPLES = REPOSITORY / "examples" / "mappings"
SOURCES = ("shopify", "woocommerce")
COLUMNS = (
    *("invoice_no", "stock_code", "description", "quantity", "unit_price", "customer_id", "country_code", "line_type"),
)
MARK = "#erased " + "0" * 64
GBP, ARRIVAL, HOURS = "4.0000", "2011-12-10T09:00:00Z", "2011-12-10T10:00:00Z"


def customer(address: str) -> str:
    return "email-" + sha256(address.encode()).hexdigest()[:40]


ONE, TWO = customer("one@example.com"), customer("two@example.com")
# By the source: the rows, with the times of their orders, and the reasons of lines.
WANTED = {
    "shopify": (
        [
            ("#1001", "KT-100", "Enamel mug", 2, GBP, ONE, "DE", "sale", "2011-12-08 10:00:00"),
            ("#1001", "KT-200", "Tea towel", 1, "6.5000", ONE, "DE", "sale", "2011-12-08 10:00:00"),
            ("#1002", "KT-100", "Enamel mug", 1, GBP, TWO, "GB", "void", "2011-12-08 09:30:00"),
            ("#1004", "GIFT CARD", "Gift card", 2, "10.0000", ONE, "GB", "sale", "2011-12-08 13:00:00"),
        ],
        {4: "invalid_value", 6: "wrong_type"},
    ),
    "woocommerce": (
        [
            ("W-71", "KT-100", "Enamel mug", 2, GBP, ONE, "GB", "sale", "2011-06-30 23:30:00"),
            ("W-71", "KT-200", 'Towel, "blue"', 1, "6.5000", ONE, "GB", "sale", "2011-06-30 23:30:00"),
            ("W-72", "KT-100", "Enamel mug", 1, GBP, "guest", "DE", "void", "2011-07-02 09:00:00"),
            ("W-73", "KT-100", "Enamel mug", 1, GBP, "guest", "DE", "sale", "2011-07-02 10:00:00"),
        ],
        {},
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contracts with both mappings."""
    made = tmp_path_factory.mktemp("mapped") / "contracts"
    shutil.copytree(REPOSITORY / "contracts", made)
    for source in SOURCES:
        shutil.copy(EXAMPLES / f"sales.{source}.yaml", made / "mappings")
    return made


@pytest.fixture(scope="module")
def mapped(contracts: Contracts) -> Contracts:
    """The same for the jobs."""
    said = {one: yaml.safe_load((EXAMPLES / f"sales.{one}.yaml").read_text(encoding="utf-8")) for one in SOURCES}
    raw = replace(contracts.get("raw.sales"), mappings=said)
    return replace(contracts, contracts={**contracts.contracts, "raw.sales": raw})


def land(platform: Platform, folder: Path, sources: tuple[str, ...]) -> dict[str, str]:
    names = {}
    contents = [(EXAMPLES / "samples" / f"{source}.csv").read_bytes() for source in sources]
    for source, text, found in zip(sources, contents, examine("sales", contents, folder), strict=True):
        assert (found["reason"], found["mapping"]) == ("", source)
        file = platform.ledger.land(text, ARRIVAL, records=found["records"])
        columns = tuple(found["columns"])
        platform.ledger.items[file.digest] = replace(file, mapping=source, columns=columns)
        names[file.digest] = source
    return names


def test_orders_of_other_shops_become_sales(
    spark: SparkSession, mapped: Contracts, folder: Path, tmp_path: Path
) -> None:
    with lake_of(spark, mapped, tmp_path) as platform:
        names = land(platform, folder, SOURCES)
        header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        platform.ledger.land(header + "1,A,B,1,2011-12-08 08:00:00,1.00,17850,France\n", ARRIVAL)
        report = platform.process(HOURS).run()
        platform.curate(HOURS).run()
        assert report.datasets["sales"] == Counts(received=11, processed=9, quarantined=2)
        rows = platform.table("processed.sales").withColumn("time", F.col("invoice_time").cast("string"))
        found = rows.select("file_digest", *COLUMNS, "time").orderBy("file_digest", "line_number").collect()
        reasons = quarantined(platform, "sales")
        for digest, source in names.items():
            want, wrong = WANTED[source]
            own = [row for row in found if row["file_digest"] == digest]
            mine = [tuple(str(row[n]) if n == "unit_price" else row[n] for n in (*COLUMNS, "time")) for row in own]
            assert mine == want
            assert {int(key[65:]): why for key, (why, _) in reasons.items() if key.startswith(digest)} == wrong
        hourly = platform.table("curated.sales_hourly").groupBy().sum("net_revenue", "lines").first()
        assert [str(value) for value in hourly] == ["54.0000", "9"]


def test_a_source_without_a_mapping_is_refused(folder: Path) -> None:
    samples = [(EXAMPLES / "samples" / f"{source}.csv").read_bytes() for source in SOURCES]
    assert [found["reason"] for found in examine("sales", samples)] == ["wrong_header", "wrong_header"]


@pytest.mark.parametrize(("source", "removed"), [("shopify", (1, 2, 5)), ("woocommerce", (1, 2))])
def test_a_customer_is_found_by_the_address(source: str, removed: tuple[int, ...]) -> None:
    content = (EXAMPLES / "samples" / f"{source}.csv").read_bytes()
    person = Person.of(" One@example.com")
    assert person.number == ONE
    edit = texts.file(content, "csv", person, MARK)
    assert edit.removed == removed
    assert b"one@example.com" not in edit.content.lower()
    known = Person.of("17850").known_as([], ["one@example.com"])
    assert ONE in known.numbers, "rows of the key go with those of the number"
    assert texts.file(content, "csv", known, MARK).removed == removed


MAPPED = {"fields": {"CustomerID": {"from": ["Buyer no"]}}, "order": "Order"}
BY_ADDRESS = {"fields": {"CustomerID": {"from": ["Contact"], "as": "address"}}, "order": "Order"}


@pytest.mark.parametrize(
    ("mapping", "head", "mine", "other"),
    [
        (
            MAPPED,
            "Order,Buyer no,Piece",
            ["#1,17.850,Mug", "#1,,Towel", "#4,'17850,Mug"],
            ["#2,17851,Mug", "#3,,17850"],
        ),
        (BY_ADDRESS, "Order,Contact,Piece", ["#1,Mailto:One@example.com,Mug", "#1,,Towel"], ["#2,xone@example.com,1"]),
    ],
)
def test_a_customer_is_taken_out_of_a_mapped_file(mapping: dict, head: str, mine: list[str], other: list[str]) -> None:
    digest = "0" * 64
    version = Version("raw", f"sales/shop/ingest_date=2011-12-10/ingest_hour=09/{digest}.csv.gz", "1", True, False)
    person = Person.of("17850") if mapping is MAPPED else Person.of("one@example.com")
    lines = [head, *other, *mine, "  "]
    found = raw_files(person, {"shop": mapping})(None, version, "\r\n".join(lines).encode())
    left = [head, *other, *[f"#erased {digest}"] * len(mine), "  "]
    assert found.body.decode("utf-8") == "\r\n".join(left)
    assert found.removed == tuple(range(len(other) + 1, len(other) + len(mine) + 1))
    assert raw_files(Person.of("9"), {"shop": mapping})(None, version, "\r\n".join(lines).encode()) is None


def test_a_refused_line_of_a_mapped_file_is_found() -> None:
    source = f"s3://raw/sales/shop/ingest_date=2011-12-10/ingest_hour=09/{'0' * 64}.csv.gz"
    # As many fields as the platform's own lines have, another's number where they have the customer's.
    for person, payload, want in (
        (Person.of("one@example.com"), "#1,A,B,1,2011,one@example.com,777,France", True),
        (Person.of("17850"), "#1,17 850,B,1,2011,x,777,France", True),
        (Person.of("17851"), "#1,17 850,B,1,2011,x,777,France", False),
    ):
        row = {"identity": "0:1", "source": source, "payload": payload}
        rows = Rows(person, {"sales": [[*"ABCDEF", "CustomerID", "G"]]}, {"shop"})
        assert (rows.change(json.dumps(row)) is not None) is want


RECORD = "line_number long, file_digest string, payload string, reason string, error string"


@pytest.mark.parametrize(
    ("form", "zone", "text", "want"),
    [
        ("yyyy-MM-dd HH:mm:ss Z", "", "2011-12-08 11:00:00 +0100", "2011-12-08T10:00:00Z"),
        ("dd.MM.yyyy HH:mm", "Europe/Berlin", "30.10.2011 02:30", "2011-10-30T00:30:00Z"),
        ("dd.MM.yyyy HH:mm", "Europe/Berlin", "31.02.2011 02:30", "31.02.2011 02:30"),
        ("dd.MM.yyyy HH:mm", "Europe/Berlin", "01.01.+300000 00:00", "01.01.+300000 00:00"),
        ("yyyy-MM-dd HH:mm:ss Z", "", "+300000-01-01 00:00:00 +0000", "+300000-01-01 00:00:00 +0000"),
    ],
)
def test_times_are_read_as_a_mapping_says(spark: SparkSession, form: str, zone: str, text: str, want: str) -> None:
    field = {"from": ["at"], "format": form, "zone": zone}
    read = spark.createDataFrame([(1, "f", "", None, None, text)], f"{RECORD}, _column_0 string")
    got = fields(read, ["at"], {"fields": {"InvoiceDate": field}}, ["InvoiceDate"])
    assert got.select("InvoiceDate", "void").first() == (want, False)


def test_numbers_are_read_as_a_mapping_says(spark: SparkSession) -> None:
    mapping = {"fields": {"UnitPrice": {"from": ["price", "gross"], "decimal": ","}}, "only": {"money": ["EUR"]}}
    rows = [("1.234,50", None, "EUR"), ("\u00a0", "2,5", "EUR"), ("3", None, "GBP"), ("4", None, None)]
    other_marks = ("2.55", "0.125", "1234.567", "12.34,5", "1,234.50", "1.234,5.0")
    rows += [*((text, None, "EUR") for text in other_marks), ("1.234.567", None, "EUR"), ("-1.234", None, "EUR")]
    given = [(number, "f", "", None, None, *row) for number, row in enumerate(rows)]
    read = spark.createDataFrame(given, f"{RECORD}, _column_0 string, _column_1 string, _column_2 string")
    got = fields(read, ["price", "gross", "money"], mapping, ["UnitPrice"]).select("UnitPrice", "reason", "error")
    other = ("invalid_value", "money")
    want = [("1234.50", None, None), ("2.5", None, None), ("3", *other), ("4", *other)]
    want += [(text, None, None) for text in (*other_marks, "1234567", "-1234")]
    assert [tuple(row) for row in got.collect()] == want


def test_a_mapping_that_reads_more_than_a_file_has_says_so(spark: SparkSession) -> None:
    mapping = {"source": "shop", "order": "order", "fields": {"Country": {"from": ["country", "land"]}}}
    read = spark.createDataFrame([(1, "f", "", None, None, "FR")], f"{RECORD}, _column_0 string")
    with pytest.raises(ValueError, match="the mapping shop reads land, order, which files that came by it do not have"):
        fields(read, ["country"], mapping, ["Country"])


def test_a_broken_line_says_nothing_of_its_order(spark: SparkSession) -> None:
    mapping = {"order": "order", "ofOrder": ["country"], "fields": {"Country": {"from": ["country"]}}}
    given = [(1, "f", "", "unknown_field", "5 fields", "#1", "75001"), (2, "f", "", None, None, "#1", None)]
    given += [(3, "f", "", None, None, "#1", "FR"), (4, "f", "", None, None, "#2", None)]
    read = spark.createDataFrame(given, f"{RECORD}, _column_0 string, _column_1 string")
    got = fields(read, ["order", "country"], mapping, ["Country"]).where("reason IS NULL").orderBy("line_number")
    assert [row["Country"] for row in got.collect()] == ["FR", "FR", None]


def test_an_address_is_one_customer(spark: SparkSession) -> None:
    mapping = {"fields": {"CustomerID": {"from": ["email"], "as": "address"}}}
    same = ["one@example.com", " One@Example.com\u00a0", "\u200bone@\u2060example.com\ufeff"]
    written = [*same, "NULL", "n/a", "\u200b", None]
    read = spark.createDataFrame([(1, "f", "", None, None, one) for one in written], f"{RECORD}, _column_0 string")
    got = [row[0] for row in fields(read, ["email"], mapping, ["CustomerID"]).select("CustomerID").collect()]
    assert got == [ONE, ONE, ONE, None, None, None, None]
    assert {Person.of(one).number for one in same} == {ONE}
    line = "Name,Email\n#1,\u200bone@\u2060example.com\n"
    assert texts.file(line.encode(), "csv", Person.of("one@example.com"), MARK).removed == (1,)


def test_a_line_of_an_order_is_of_its_customer(spark: SparkSession, mapped: Contracts) -> None:
    raw = mapped.get("raw.sales")
    columns = (EXAMPLES / "samples" / "shopify.csv").read_text(encoding="utf-8").split("\n")[0].split(",")
    order = {"Name": "#1", "Email": "one@example.com", "Currency": "GBP", "Financial Status": "paid"}
    lines = [order, {"Name": "#1", "Lineitem name": "Tea towel"}]
    given = [(at, "f", "", None, None, *[line.get(one) for one in columns]) for at, line in enumerate(lines)]
    texts_of = ", ".join(f"{place} string" for place in places(columns))
    read = spark.createDataFrame(given, f"{RECORD}, {texts_of}")
    got = fields(read, columns, raw.mappings["shopify"], raw.header).orderBy("line_number")
    assert [row["CustomerID"] for row in got.collect()] == [ONE, ONE]
