"""Which lines of which text are about a customer, and what is left without them."""

import base64
import csv
import gzip
import io
import json
from hashlib import sha256
from random import Random, SystemRandom

import odd_lines
import pytest
from plain_reading import SPACE
from plain_records import records

from dataplatform.erasure import readings, texts
from dataplatform.erasure.person import Person, address_key
from dataplatform.erasure.rows import Rows

ANN = Person.of("12345", ["Ann Example"], ["ann@example.org"])
CUSTOMERS = ("CustomerID", "Name", "Email", "Country")
SALES = ("InvoiceNo", "StockCode", "Quantity", "CustomerID", "Country")
HEADERS = {"customers": [CUSTOMERS], "sales": [SALES]}
IDENTIFIERS = json.loads((odd_lines.CASES / "identifiers.json").read_text(encoding="utf-8"))
HEAD = "CustomerID,Name,Email,Country\n"


def deep(levels: int, inside: str) -> str:
    return '{"a":[' * levels + inside + "]}" * levels


@pytest.mark.parametrize("number", ["", "guest", "1 OR 2", "*", "a" * 65])
def test_only_one_customer_can_be_named(number: str) -> None:
    with pytest.raises(ValueError, match="a customer's number is"):
        Person.of(number)


def test_a_customer_is_named_in_any_writing() -> None:
    assert {Person.of(text) for text in ("12345", "12345.0", '="12345"')} == {Person.of("12345")}
    person = Person.of("12345").spelled(["12345.00", "12345"])
    assert person.numbers == ["12345", "12345.00"]
    assert person.keys == [sha256(f"customer:{text}".encode()).hexdigest() for text in ("12345", "12345.00")]
    assert person.in_text(person.keys[1])


WRITINGS = [one["text"] for one in IDENTIFIERS if one["customer"] == "17850"]
OTHERS = [one["text"] for one in IDENTIFIERS if one["customer"] not in ("17850", "")]


def test_every_writing_of_a_number_is_found() -> None:
    mine = Person.of("17850")
    for text, want in [*((one, True) for one in WRITINGS), *((one, False) for one in OTHERS)]:
        assert mine.in_fields({"CustomerID": text}) is want, text
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(["536365", "MUG", text, "x"])
        assert want is False or mine.in_text(out.getvalue()), text
        content = f"InvoiceNo,StockCode,CustomerID,Country\n{out.getvalue()}".encode()
        edit = texts.file(content, "csv", mine, "#erased")
        assert edit.removed == ((1,) if want else ()), text
        assert want or edit.content == content


def test_fields_side_by_side_are_no_number() -> None:
    assert not Person.of("17850").in_text("17,850,x")
    assert Person.of("17850").in_text('x,"17,850",y')


@pytest.mark.parametrize(
    "text", ["ann@example.org", "mailto:Ann@example.org", "<ann@example.org>", "'ann@example.org'"]
)
def test_an_address_is_found_in_its_writings(text: str) -> None:
    assert ANN.in_fields({"Email": text, "Name": ""})
    assert ANN.in_fields({"CustomerID": text}), "some sources have no other number"
    assert not ANN.in_fields({"Email": "xann@example.org"})
    assert Person.of("ann@example.org").number == address_key(text)


def test_the_pseudonym_is_that_of_curated() -> None:
    assert ANN.key == sha256(b"customer:12345").hexdigest()


@pytest.mark.parametrize(
    ("fields", "want"),
    [
        ({"CustomerID": "12345"}, True),
        ({"CustomerID": " 12345.0 "}, True),
        ({"user_id": "12345", "url": "/"}, True),
        *[
            ({"CustomerID": text}, True)
            for text in ("12345.", "12345.00", "1.2345E+04", "'12345", '="12345"', "\u200b12345")
        ],
        ({"CustomerID": "012345"}, False),
        ({"CustomerID": "112345"}, False),
        ({"Quantity": "12345"}, False),
        ({"CustomerID": "777", "Name": "Ann Example", "Email": "ann@example.org"}, False),
        ({"CustomerID": "", "Name": " ANN EXAMPLE "}, True),
        ({"CustomerID": "", "Name": "Ann Example Smith"}, False),
        ({"CustomerID": "", "Name": "Ann Example", "Email": "ann@elsewhere.org"}, False),
        ({"Name": None, "Email": "Ann@Example.org"}, True),
        ({"search_term": "mail to ann@example.org now"}, True),
        ({"user_id": None, "nested": {"list": ["ann@example.org"]}}, True),
        ({"url": "https://shop.example/account?mail=ann%2540example.org"}, True),
        ({"url": "https://shop.example/?m=" + base64.b64encode(b"ann@example.org").decode()}, True),
        ({"url": "https://shop.example/?mail=joann@example.org"}, False),
        ({"url": "https://shop.example/?mail=ann@example.organic"}, False),
        ({"url": "https://shop.example/search?q=Ann+Example&page=2", "user_id": None}, True),
        ({"url": "https://shop.example/search?q=Ann+Example", "user_id": "777"}, False),
        ({"url": "/account/12345/orders"}, True),
        ({"url": "/?customer_id=12345"}, True),
        ({"url": "/product/12345"}, False),
        ({"url": "/account/123456"}, False),
        *[({name: "12345.0"}, True) for name in ("CustomerNumber", "cust no", "userId", "uid", "clientId", "buyer")],
        *[({name: "12345"}, False) for name in ("quantity", "sku", "id", "StockCode")],
        ({"userId": "12345", "user_id": "777"}, False),
        (json.loads(deep(400, '"ann@example.org"')), True),
        (json.loads(deep(400, '{"user_id":"777","email":"ann@example.org"}')), False),
        ({}, False),
    ],
)
def test_a_record(fields: dict, want: bool) -> None:
    assert ANN.in_fields(fields) is want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("x,12345,y", True),
        ("x,12345.0,y", True),
        ("x,12345.00,y", True),
        ("x,1.2345E+04,y", True),
        ("x,'12345,y", True),
        ('x,="12345",y', True),
        ('{"CustomerID":12345.00,', True),
        ("x,123456,y", False),
        ("x,2.12345,y", False),
        ("id-12345", False),
        ("ANN EXAMPLE lives here", True),
        (f"key {ANN.key}", True),
        ("", False),
    ],
)
def test_a_text(text: str, want: bool) -> None:
    assert ANN.in_text(text) is want


def test_a_csv_file_keeps_every_other_byte_and_number() -> None:
    before = (
        "\ufeff" + HEAD + '777,"Bob ""B""\nSecond line",b@example.org,Spain\r\n'
        "12345,Ann Example,ann@example.org,Spain\r\n"
        "\n"
        '888,"quoted, 12345",c@example.org,France\n'
        "12345.0,Ann,other@example.org,Spain\n"
        "short,line\n"
        "about,ann@example.org\n"
        "999,\udcff,d@example.org,Spain"
    )
    edit = texts.file(before.encode("utf-8", "surrogateescape"), "csv", ANN, "#erased")
    after = (
        before.replace("12345,Ann Example,ann@example.org,Spain\r\n", "#erased\r\n")
        .replace("12345.0,Ann,other@example.org,Spain\n", "#erased\n")
        .replace("about,ann@example.org\n", "#erased\n")
    )
    assert edit.content == after.encode("utf-8", "surrogateescape")
    assert (edit.removed, edit.records) == ((2, 4, 6), 7)
    again = texts.file(edit.content, "csv", ANN, "#erased")
    assert (again.content, again.removed) == (edit.content, ())


def test_an_odd_record_is_taken_apart_as_a_run_does() -> None:
    odd = f"1,{'x' * 200_000},a\rb,Spain\n\r\r\n"
    edit = texts.file(f"{HEAD}{odd}12345,A,,".encode(), "csv", ANN, "#erased")
    assert (edit.content.decode(), edit.removed) == (f"{HEAD}{odd}#erased", (2,))
    odd = f"[{'9' * 5000}, null"
    edit = texts.file(f'{odd},{{"CustomerID":"12345"}} ]'.encode(), "json", ANN, "#erased")
    assert (edit.content.decode(), edit.removed) == (f'{odd},"#erased" ]', (3,))


@pytest.mark.parametrize("dataset", ["sales", "customers"])
def test_odd_files_keep_every_other_record(dataset: str) -> None:
    seed = SystemRandom().randrange(10**6)
    header = odd_lines.SOURCES[dataset].header
    found = 0
    for content in odd_lines.files(dataset, Random(f"{dataset} {seed}"), 1000):
        kind = "json" if content.lstrip()[:1] in (b"[", b"{") else "csv"
        edit = texts.file(content, kind, Person.of("17850"), "#erased")
        before, after = records(content, header), records(edit.content, header)
        assert len(after) == len(before) == edit.records, f"seed {seed}"
        kept = [number for number in range(len(before)) if number + 1 not in edit.removed]
        assert [after[number] for number in kept] == [before[number] for number in kept], f"seed {seed}"
        assert not any(customer(fields) == "17850" for fields, _ in after), f"seed {seed}"
        found += len(edit.removed)
    assert found > 0


def customer(fields: dict[str, str | None]) -> str:
    return (fields.get("CustomerID") or "").strip(SPACE).removesuffix(".0")


def test_the_quoted_header_after_a_mark_of_byte_order_is_read() -> None:
    head = '\ufeff"CustomerID","Name","Email","Country"\n'
    assert texts.file(f"{head}12345,A,,\n7,B,,12345\n".encode(), "csv", ANN, "#erased").removed == (1,)


def test_a_last_line_without_an_end_goes_too() -> None:
    assert texts.file(f"{HEAD}12345,A,,".encode(), "csv", ANN, "#erased").content == f"{HEAD}#erased".encode()


@pytest.mark.parametrize(
    ("before", "after", "removed"),
    [
        ('{"CustomerID":"12345"}\n{"CustomerID":7}\n', '"#erased"\n{"CustomerID":7}\n', (1,)),
        ('\n{"CustomerID":7}\r\n{"CustomerID":12345.0}', '\n{"CustomerID":7}\r\n"#erased"', (2,)),
        ('[ {"CustomerID":7} ,\n{"CustomerID":"12345"}, 3]', '[ {"CustomerID":7} ,\n"#erased", 3]', (2,)),
        ('{"CustomerID":7,"Text":"12345"}', '{"CustomerID":7,"Text":"12345"}', ()),
        (
            '\ufeff {"CustomerID":\r7,\r"Quantity":12345}\r\n"\u2028"\n\r{"Text":\r7,\r"CustomerID":\r12345\r}',
            '\ufeff {"CustomerID":\r7,\r"Quantity":12345}\r\n"\u2028"\n\r"#erased"',
            (3,),
        ),
        ('{"CustomerID": 12345, brok\n', '"#erased"\n', (1,)),
        (
            f'{deep(9000, "7")}\n{deep(9000, "12345")}\n{{"CustomerID":"12345"}}',
            f'{deep(9000, "7")}\n"#erased"\n"#erased"',
            (2, 3),
        ),
        (f'{{"CustomerID":"1234\\u0035","N":{"9" * 5000}}}', '"#erased"', (1,)),
    ],
)
def test_a_json_file(before: str, after: str, removed: tuple[int, ...]) -> None:
    edit = texts.file(before.encode(), "json", ANN, "#erased")
    assert (edit.content.decode(), edit.removed) == (after, removed)


def unpacked(body: bytes) -> bytes:
    return b"".join(readings.unpacked(body))


def row(payload: str | None, **more: str) -> str:
    return json.dumps({"identity": "x:1", "payload": payload, **more}) + "\n"


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (row('{"user_id":"12345","url":"/"}'), True),
        (row('{"user_id":"777","url":"/12345"}'), False),
        (row("12345,Ann,ann@example.org,Spain"), True),
        (row("777,Bob,b@example.org,12345"), False),
        (row("1,2,12345,777,Spain"), False),
        (row("1,2,3,12345.0,Spain"), True),
        (row("Ann Example,12345,ann@example.org,Spain"), True),
        (row("777,Bob,Spain,ann@example.org"), True),
        (row("777,Bob,b@example.org,ann@example.org"), False),
        (row("Bob Other,777,b@example.org,Spain"), False),
        (row('{"CustomerNo":"12345"}'), True),
        (row(None, payload_base64="!!!12345!"), True),
        (row(None, payload_base64=base64.b64encode(gzip.compress(b'{"user_id":"12345","x":"y"}')[:-9]).decode()), True),
        (row(None, payload_base64=base64.b64encode('{"user_id":"12345"}'.encode("utf-16")).decode()), True),
        (json.dumps({"identity": "x:1", "payload": {"user_id": 12345}}) + "\n", True),
        (row("12345,too,few"), True),
        (row('{"user_id":"12345","a":1,"b":2,"c":3,"d":'), True),
        (row(f'{{"user_id":"12345","a":{deep(9000, "1")}}}'), True),
        (row(f'{{"user_id":"777","a":{deep(9000, "1")}}}'), False),
        (row(None, payload_base64=base64.b64encode(b'\xff{"user_id":"12345"').decode()), True),
        (row(None, payload_uri="s3://raw/quarantine-files/a"), False),
        ("not json 12345\n", True),
    ],
)
def test_a_row_that_the_platform_wrote(line: str, want: bool) -> None:
    other = row('{"user_id":"777"}')
    edit = texts.rows((other + line + other).encode(), Rows(ANN, HEADERS).change)
    assert edit.removed == ((2,) if want else ())
    assert edit.content.decode() == other + ("" if want else line) + other


def test_a_row_is_looked_at_by_the_header_of_every_version() -> None:
    headers = {"sales": [SALES, ("CustomerID", "InvoiceNo", "StockCode", "Quantity", "Country")]}
    mine, other = row("12345.0,1,2,3,Spain"), row("777,1,2,3,Spain")
    edit = texts.rows((mine + other).encode(), Rows(ANN, headers).change)
    assert (edit.content.decode(), edit.removed) == (other, (1,))


def test_rows_that_are_all_the_customers_leave_nothing() -> None:
    edit = texts.rows(row('{"user_id":"12345"}').encode() * 2, Rows(ANN, HEADERS).change)
    assert edit.empty
    assert edit.content == b""


def test_a_refused_file_loses_its_lines() -> None:
    edit = texts.refused(b"CustomerID,Name\n12345,\xffAnn\n777,Bob\n", ANN)
    assert (edit.content, edit.removed) == (b"CustomerID,Name\n777,Bob\n", (2,))


def test_bodies_are_unpacked_as_far_as_they_go() -> None:
    body = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    assert unpacked(body) == b"one\ntwo\n"
    assert unpacked(b"plain") == b"plain"
    assert unpacked(gzip.compress(b"x" * 10_000)[:-9]).startswith(b"x")
    assert unpacked(texts.pack(b"same")) == b"same"
    assert texts.pack(b"same") == texts.pack(b"same")


def test_a_row_that_stays_does_not_name_the_customer() -> None:
    whole = {"identity": "d:0", "source": "s3://landing/customers/2026/ann@example.org.csv?versionId=1", "error": "x"}
    header = {"identity": "e:0", "source": "s3://landing/customers/a.csv", "error": "no columns: 7, Ann Example, Spain"}
    other = {"identity": "f:0", "source": "s3://landing/customers/12/12345-b.csv", "error": "12345 bytes", "n": 1.50}
    before = [json.dumps(one) + "\n" for one in (whole, header, other)]
    edit = texts.rows("".join(before).encode(), Rows(ANN, HEADERS).change)
    after = [json.loads(line) for line in edit.content.decode().splitlines()]
    assert after == [
        {**whole, "source": "s3://landing/customers/(named the customer)"},
        {**header, "error": "(named the customer)"},
        {**other, "source": "s3://landing/customers/(named the customer)"},
    ]
    assert (edit.removed, edit.changed) == ((), 3)
    assert not texts.rows(edit.content, Rows(ANN, HEADERS).change).touched


def test_a_row_of_another_source_may_have_the_number_anywhere() -> None:
    for folder, want in (("shop", True), ("2.0.0", False), ("json", False), ("ingest_hour=10", False)):
        source = f"s3://raw/sales/{folder}/ingest_date=2026-01-01/ingest_hour=10/a.csv.gz"
        line = row("1,2,12345,777,Spain", source=source)
        assert bool(texts.rows(line.encode(), Rows(ANN, HEADERS, ["shop"]).change).removed) is want, folder
