"""Files that a pipeline has to survive, each with a good neighbour in its hour and an ordinary hour after it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from conftest import Platform
from landing import content, land, quarantined

from dataplatform.counts import Counts

CASES = Path(__file__).parent / "cases"
SALES = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ARRIVAL, HOURS, NEXT = "2011-12-10T09:00:00Z", "2011-12-10T10:00:00Z", "2011-12-10T11:00:00Z"
GOOD = SALES + b"700001,KT-100,ENAMEL MUG,1,2011-12-08 10:00:00,4.00,15001,United Kingdom\n"
LATER = SALES + b"700002,KT-100,ENAMEL MUG,1,2011-12-01 08:30:00,4.00,,United Kingdom\n"

# What is wrong in each file: reasons by number of the line.
SALES_CASES = {
    "poison/01-sales-year-300000.csv": {2: "wrong_type"},
    "poison/04-sales-last-second-of-time.csv": {2: "invalid_value"},
    "poison/06-sales-year-12011-no-price.csv": {2: "invalid_value"},
    "poison/09-sales-price-exponent.csv": {2: "wrong_type"},
    "poison/12-sales-sum.csv": {1: "invalid_value", 2: "invalid_value"},
    "poison/13a-sales-separator.csv": {1: "invalid_value"},
    "poison/13b-sales-separator.csv": {1: "invalid_value"},
    "poison/13c-sales-separator.csv": {},
    "poison/14-sales-array-long-number.json": {2: "invalid_value"},
    "poison/15-sales-array-null.json": {2: "undecodable"},
    "poison/17-sales-300-days.csv": {},
    "poison/19-sales-year-0.csv": {1: "invalid_value", 2: "invalid_value"},
    "poison/20-sales-guest.csv": {1: "invalid_value", 3: "invalid_value"},
    "poison/21-sales-line-end-in-quotes.csv": {},
    "files/16-thousands-of-commas/a-good.csv": {},
    "files/16-thousands-of-commas/b-wide.csv.gz": {2: "unknown_field"},
    "files/17-first-day-of-time/a-good.csv": {},
    "files/17-first-day-of-time/b-empty-record.csv": {2: "invalid_value"},
}


def test_every_file_is_survived_beside_all_others(platform: Platform) -> None:
    files = {name: content(CASES / name) for name in SALES_CASES}
    files["good"] = GOOD
    files["21 as JSON"] = (
        b'[{"InvoiceNo":1,"StockCode":"85123A","Description":"a\\r\\nb","Quantity":6,'
        b'"InvoiceDate":"2011-12-01 08:26:00","UnitPrice":2.55,"CustomerID":"17850","Country":"United Kingdom"}]'
    )
    files["21 with line feeds"] = files["poison/21-sales-line-end-in-quotes.csv"].replace(b"\r\n", b"\n")
    names = land(platform, "sales", files, ARRIVAL)
    report = platform.process(HOURS).run()
    platform.curate(HOURS).run()

    reasons = {
        (names[identity[:64]], int(identity[65:])): reason
        for identity, (reason, _) in quarantined(platform, "sales").items()
    }
    assert reasons == {(name, line): why for name, lines in SALES_CASES.items() for line, why in lines.items()}
    counts = report.datasets["sales"]
    received = sum(file.records for file in platform.ledger.items.values())
    assert (counts.received, counts.quarantined, counts.lost) == (received, len(reasons), 0)
    rows = platform.table("processed.sales").collect()
    assert counts.processed == len(rows)
    assert sum(row["file_digest"] in names and names[row["file_digest"]].startswith("poison/17") for row in rows) == 300
    assert sorted(row["description"] for row in rows if row["description"] in ("a\nb", "a\r\nb")) == ["a\nb", "a\r\nb"]
    assert [row["customer_id"] for row in rows if names[row["file_digest"]].startswith("poison/20")] == ["guest"]
    assert {"700001", "8", "9", "536365", "2", "625005", "626003"} <= {row["invoice_no"] for row in rows}

    land(platform, "sales", {"later": LATER}, "2011-12-10T10:30:00Z")
    report = platform.process(NEXT).run()
    platform.curate(NEXT).run()
    assert report.datasets["sales"] == Counts(1, 1, 0, 0, 0)
    assert platform.table("curated.sales_hourly").groupBy().sum("lines").first()[0] == len(rows) + 1
    assert all(file.processed for file in platform.ledger.items.values())


def test_a_year_of_three_digits_takes_no_price_from_its_neighbours(platform: Platform) -> None:
    names = land(
        platform, "sales", {"good": GOOD, "08": content(CASES / "poison/08-sales-year-500-no-price.csv")}, ARRIVAL
    )
    assert platform.process(HOURS).run().datasets["sales"] == Counts(4, 3, 0, 1, 0)
    assert [(names[key[:64]], key[65:], why) for key, (why, _) in quarantined(platform, "sales").items()] == [
        ("08", "3", "invalid_value")
    ]
    prices = {
        row["invoice_no"]: (row["unit_price"], row["unit_price_imputed"])
        for row in platform.table("processed.sales").collect()
    }
    assert prices["10"] == (Decimal("4.0000"), False)
    assert prices["11"] == (Decimal("4.0000"), True)


def test_customers_of_another_age(platform: Platform) -> None:
    header, good, born = content(CASES / "poison/03-customers-born-300000.csv").decode().splitlines(keepends=True)
    files = {
        "03": (header + good + born).encode(),
        "others": (
            header
            + born.replace("+300000", "+12011")
            + born.replace("+300000", "1899")
            + born.replace("+300000", "1985").replace("2025-06-02T", "+12011-06-02T")
            + born.replace("+300000", "1985").replace("2025-06-02T", "0500-06-02T")
            + born.replace("+300000", "1985").replace("17851", "Guest")
            + born.replace("+300000", "1985").replace("ann@example.com", "a@" + "." * 80_000 + "@")
            + born.replace("+300000", "1985")
        ).encode(),
    }
    names = land(platform, "customers", files, "2025-06-03T09:00:00Z")
    assert platform.process("2025-06-03T10:00:00Z", "customers").run().datasets["customers"] == Counts(9, 2, 0, 7, 0)
    platform.curate("2025-06-03T10:00:00Z", "customers").run()
    reasons = {(names[key[:64]], key[65:]): why for key, (why, _) in quarantined(platform, "customers").items()}
    assert reasons == {("03", "2"): "wrong_type"} | {("others", str(line)): "invalid_value" for line in range(1, 7)}
    births = {row["customer_id"]: row["birth_date"] for row in platform.table("processed.customers").collect()}
    assert births == {"17850": date(1980, 2, 3), "17851": date(1985, 1, 1)}
