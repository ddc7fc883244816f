"""Odd lines and shapes of files from a seed: what no source should send and some source does."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

CASES = Path(__file__).parent / "cases"

NUMBERS = (
    *(
        "0",
        "0.0",
        "-0",
        "+3",
        "3.50",
        "03",
        "3.",
        ".5",
        "-2.55",
        "1e2",
        "1E-2",
        "1e99",
        "1e-99",
        "1e-2147483647",
        "1e+2147483648",
    ),
    *(
        "1e1000000",
        "9" * 12,
        "9" * 29,
        "9" * 1001,
        "0.00001",
        "0.00005",
        "99999999.9999",
        "99999999.99994",
        "99999999.99995",
    ),
    *(
        "2.5500000000000003",
        "NaN",
        "Infinity",
        "-",
        "",
        " ",
        "six",
        "0x10",
        "\u0661\u0662",
        "\uff12\uff0e\uff15\uff15",
        "\uff082\uff09",
        "\u20132.55",
        "'2.55'",
        '"2"',
        "--",
        "?",
        "undefined",
        "N.A.",
        "1\u200b0",
        "1_000",
        "1 2",
        "2147483647",
        "-2147483648",
        "1e",
        "--1",
        "2.55\u2028",
        "2.55\u0085",
    ),
)
PIECES = (
    "6",
    "-6",
    "6.0",
    "6.5",
    "0",
    "1000000",
    "2147483647",
    "2147483648",
    "-2147483648",
    "9" * 40,
    "9" * 2000,
    "1e3",
    "+7",
    "six",
    "",
    "\u0666",
    "6\u2028",
    "6.0\u0085",
)
# The day is the source's to fill in.
DAYS = (
    *(
        "0000-01-01",
        "0001-01-01",
        "-0001-01-01",
        "0500-02-03",
        "1582-10-10",
        "1899-12-31",
        "1900-01-01",
        "9999-12-31",
        "10000-01-01",
    ),
    *(
        "+12011-01-01",
        "+2011-01-01",
        "+294246-12-31",
        "+294248-01-01",
        "+300000-01-01",
        "-300000-01-01",
        "+9999999999999999999-01-01",
    ),
    *(
        "2011-02-29",
        "2011-13-01",
        "2011-00-10",
        "2011-1-1",
        "01/12/2011",
        "2011",
        "",
        "x",
        "-001-01-01",
        "2011-12-32",
        "+12011-01-01\u2028",
    ),
)
TEXTS = (
    *(
        "",
        " ",
        "\u00a0",
        "a",
        "a b",
        '"',
        '""',
        'say "hi"',
        ",",
        ",,",
        "a\nb",
        "a\r\nb",
        "\r",
        "\n",
        "\t",
        "x\x00y",
        'x\x00"y',
        "a\x1fb",
        "\x7f",
    ),
    *(
        "\u200b",
        "\ufeff",
        "e\u0301",
        "\u00e9",
        "\U0001f4a1",
        "\ud83d",
        "stra\u00dfe",
        "k\u0131l\u0131m",
        "I\u0307",
        "null",
        "NULL",
        "\\",
        "\\n",
        "#erased",
        "''",
        "[",
        "{}",
        "=1+1",
    ),
    *(
        "x" * 63,
        "x" * 64,
        "x" * 65,
        "x" * 128,
        "x" * 129,
        "x" * 1024,
        "x" * 1025,
        "\u00df" * 40,
        "," * 300,
        "\u2028",
        "\u0085",
        "\x0b",
        "\x0c",
    ),
)
IDENTIFIERS = tuple(one["text"] for one in json.loads((CASES / "identifiers.json").read_text(encoding="utf-8")))
CUSTOMERS = (
    *IDENTIFIERS,
    "17850",
    "17850.0",
    "17850.00",
    "",
    "guest",
    "GUEST",
    "guest.0",
    "Guest ",
    " guest",
    ".0",
    "0",
    "nan",
    "1.0E4",
    "x.0",
    "17850.0\u2028",
    "17850.0\u0085",
    "guest\u2029",
)
EMAILS = (
    "a@b.c",
    "A@B.C",
    "a@b",
    "@",
    "a@@b.c",
    "a@b.",
    "a@.b",
    "a@..b",
    "a b@c.d",
    "a@" + "." * 5000 + "@",
    "x" * 250 + "@b.c",
    "a@b.c\n",
    "a@b.c\u2029",
    "",
)
COUNTRIES = ("United Kingdom", "united kingdom", "EIRE", "Narnia", "", " France ", "\u00c5land")
CODES = ("85123A", "85123a", "KT-100", "POST", "post", "BANK CHARGES", "\u00df" * 33)


@dataclass(frozen=True)
class Source:
    """One dataset: its columns with values that are right, those of them that may be odd, and when its files arrive."""

    arrival: str
    odd: dict[str, tuple[str, ...]]

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(self.odd)


def _times(form: str) -> tuple[str, ...]:
    clock = ("08:26:00", "24:00:00", "8:26:00", "23:59:59", "08:26:60", "08:26:00.0")
    made = [form.format(day=day, clock="08:26:00") for day in DAYS] + [
        form.format(day="2011-12-01", clock=one) for one in clock
    ]
    return tuple(made)


SOURCES = {
    "sales": Source(
        "2011-12-10T09:00:00Z",
        {
            "InvoiceNo": IDENTIFIERS + TEXTS,
            "StockCode": CODES + IDENTIFIERS + TEXTS,
            "Description": TEXTS,
            "Quantity": PIECES,
            "InvoiceDate": (*_times("{day} {clock}"), "2011-03-27 01:30:00", "2011-10-30 01:30:00"),
            "UnitPrice": NUMBERS,
            "CustomerID": CUSTOMERS + TEXTS,
            "Country": COUNTRIES + TEXTS,
        },
    ),
    "products": Source(
        "2025-06-03T09:00:00Z",
        {
            "ProductID": CODES + IDENTIFIERS + TEXTS,
            "Title": TEXTS,
            "Category": TEXTS,
            "Price": NUMBERS,
            "Currency": ("GBP", "gbp", "EUR", "XXX", "", "\u00a3"),
            "UpdatedAt": (
                *_times("{day}T{clock}Z"),
                "2011-12-01T08:26:00+01:00",
                "2011-12-01T08:26:00",
                "2025-06-03T09:00:01Z",
                "9999-12-31T23:59:59-18:00",
            ),
        },
    ),
    "customers": Source(
        "2025-06-03T09:00:00Z",
        {
            "CustomerID": CUSTOMERS + TEXTS,
            "Name": TEXTS,
            "Email": EMAILS,
            "BirthDate": (*DAYS, "1980-02-29", "2025-06-02"),
            "Postcode": ("sw1a 1aa", *TEXTS),
            "Country": COUNTRIES + TEXTS,
            "UpdatedAt": _times("{day}T{clock}Z"),
        },
    ),
}


def right(dataset: str, random: Random, number: int) -> list[str]:
    """The fields of an ordinary line."""
    day = datetime(2011, 11, 1) + timedelta(minutes=random.randrange(50_000))
    if dataset == "sales":
        code = random.choice(("85123A", "KT-100", "22423"))
        price = random.choice(("2.55", "4.00", "10", ""))
        return [
            str(536365 + number),
            code,
            "MUG",
            str(random.randint(-3, 12)),
            f"{day:%Y-%m-%d %H:%M:%S}",
            price,
            "17850",
            "France",
        ]
    if dataset == "products":
        return [f"P{number}", "MUG", "mugs", "2.55", "GBP", f"{day:%Y-%m-%dT%H:%M:%SZ}"]
    return [str(10_000 + number), "A", "a@example.org", "1980-02-03", "AB1 2CD", "France", f"{day:%Y-%m-%dT%H:%M:%SZ}"]


def line(dataset: str, random: Random, number: int) -> list[str]:
    """The fields of a line of which some are odd."""
    fields = right(dataset, random, number)
    for place, values in enumerate(SOURCES[dataset].odd.values()):
        if random.random() < 0.12:
            fields[place] = random.choice(values)
    return fields


def files(dataset: str, random: Random, lines: int, odd: bool = True) -> list[bytes]:
    """Files of all three shapes with so many lines together; ordinary ones are as many."""
    made, number = [], 0
    shapes = (_csv, _csv, _array, _lines_of_json)
    while number < lines:
        count = min(random.randint(1, 400), lines - number)
        rows = [(line if odd else right)(dataset, random, number + place) for place in range(count)]
        if odd:
            rows += [random.choice(rows) for _ in range(count // 20)]
        made.append(shapes[len(made) % len(shapes)](SOURCES[dataset].header, rows, random, odd))
        number += count
    return made


def _csv(header: Sequence[str], rows: list[list[str]], random: Random, odd: bool) -> bytes:
    end = random.choice(("\n", "\r\n"))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, quoting=random.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    writer.writerow(header)
    for row in rows:
        chance = random.random() if odd else 1
        fields = row
        if chance < 0.02:
            fields = row[: random.randrange(1, len(row))]
        elif chance < 0.04:
            fields = [*row, *[""] * random.choice((1, 2, 30, 20_500))]
        elif chance < 0.05:
            out.write(end)
        writer.writerow([field.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for field in fields])
    text = out.getvalue()
    return (random.choice(("", "\ufeff")) + (text.rstrip("\r\n") if random.random() < 0.3 else text)).encode()


def _records(header: Sequence[str], rows: list[list[str]], random: Random, odd: bool) -> list[str]:
    found = []
    for row in rows:
        chance = random.random() if odd else 1
        pairs = [f"{json.dumps(name)}: {_value(field, random, odd)}" for name, field in zip(header, row, strict=True)]
        if chance < 0.02:
            pairs.pop(random.randrange(len(pairs)))
        elif chance < 0.04:
            deep = f'"Extra": {"[" * 300}{"]" * 300}'
            pairs.append(random.choice(('"Extra": 1', pairs[0], '"Extra": {"a": [1, {"b": "]}"}]}', deep)))
        elif chance < 0.06:
            pairs[-1] = f"{json.dumps(header[-1])}: " + random.choice(("true", "[1]", '{"a": 1}', '"\\ud83d"', "null"))
        if odd and random.random() < 0.3:
            random.shuffle(pairs)
        record = "{" + (random.choice((", ", ",", "\t,\r")) if odd else ", ").join(pairs) + "}"
        if odd and random.random() < 0.03:
            record = random.choice(("null", "7", "[]", '"text"', json.dumps(record), "[[1], {}]", "true"))
        found.append(record)
    return found


def _value(field: str, random: Random, odd: bool) -> str:
    """A field as JSON; a number as one where it may be."""
    if odd and random.random() < 0.5:
        try:
            json.loads(field, parse_int=str, parse_float=str, parse_constant=lambda _: {})
        except ValueError:
            return json.dumps(field)
        if field[0] in "-0123456789":
            return field
    return json.dumps(field, ensure_ascii=random.random() < 0.5 or "\ud83d" in field)


def _array(header: Sequence[str], rows: list[list[str]], random: Random, odd: bool) -> bytes:
    return ("[" + random.choice((",", ",\n", " , ")).join(_records(header, rows, random, odd)) + "]\n").encode()


def _lines_of_json(header: Sequence[str], rows: list[list[str]], random: Random, odd: bool) -> bytes:
    first, *rest = _records(header, rows, random, odd)
    first = first if first.startswith("{") else _records(header, rows[:1], random, False)[0]
    return random.choice(("\n", "\r\n", "\n\n")).join([first, *rest]).encode()
