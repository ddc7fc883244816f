"""What the contracts say of lines, read once more in plain Python: only lists of names are shared with the jobs."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dataplatform.transforms.processed.countries import CODES
from dataplatform.transforms.processed.country_keys import key
from dataplatform.transforms.processed.sales import FEES

SPACE = " \t\n\r\f\v\u00a0"
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?")
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
Fields = Mapping[str, str]
Row = dict[str, Any]


class BadError(Exception):
    """A line that cannot be used; the first argument is the reason's code."""


def require(holds: bool, reason: str = "invalid_value") -> None:
    if not holds:
        raise BadError(reason)


def fields_of(given: Mapping[str, str | None]) -> Fields:
    trimmed = {name: (value or "").strip(SPACE) for name, value in given.items()}
    require(not any(CONTROL.search(value) for value in trimmed.values()))
    return trimmed


def present(fields: Fields, *names: str) -> None:
    require(all(fields[name] for name in names), "missing_field")


def short(**lengths: tuple[str | None, int]) -> None:
    require(all(value is None or len(value) <= most for value, most in lengths.values()))


def rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60))


def money(text: str) -> Decimal | None:
    if not text:
        return None
    require(NUMBER.fullmatch(text) is not None, "wrong_type")
    value = Decimal(text)
    require(abs(value) < 10**20)
    value = rounded(value, 10)
    amount = rounded(value, 4)
    require(abs(amount) < 10**8 and bool(amount) == bool(value))
    return amount


def moment(text: str, form: str) -> datetime:
    """The time of a text; a year that is not one of four digits is out of range, if 64 bits of microseconds hold it."""
    # strptime alone takes one digit for two, and any white space for a space.
    shape = re.sub("%[mdHMS]", r"\\d\\d", form.removeprefix("%Y")).replace("%z", r"(?:Z|[+-]\d\d:\d\d)")
    found = re.fullmatch(rf"([+]\d{{5,}}|-\d{{4,}}|\d{{4}})({shape})", text, re.ASCII)
    require(found is not None, "wrong_type")
    year, rest = found.groups()
    try:
        read = datetime.strptime(("2000" if int(year) % 4 == 0 else "2001") + rest, form)
        # There is no year 0 here; the fourth is as far out of range, and as long.
        read = read.replace(year=int(year) or 4) if year.isdigit() else None
    except ValueError as error:
        raise BadError("wrong_type") from error
    if read is None:
        require(-290_307 <= int(year) <= 294_246, "wrong_type")  # whole years that 64 bits of microseconds hold
        raise BadError("invalid_value")
    return read


def customer(text: str) -> str:
    number = re.sub(r"[.]0\Z", "", text)
    require(number.strip(" ").lower() != "guest" and bool(number.strip(" ")) == bool(text))
    return number


def sales(given: Mapping[str, str | None], _arrival: datetime) -> Row:
    f = fields_of(given)
    present(f, "InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "Country")
    require(re.fullmatch("[+-]?[0-9]+([.]0+)?", f["Quantity"]) is not None, "wrong_type")
    quantity = int(f["Quantity"].split(".")[0]) if len(f["Quantity"]) < 100 else 10**100
    require(abs(quantity) < 2**31)
    local = moment(f["InvoiceDate"], "%Y-%m-%d %H:%M:%S")
    price = money(f["UnitPrice"])
    number = customer(f["CustomerID"])
    time = local.replace(tzinfo=ZoneInfo("Europe/London")).astimezone(UTC) if local.year > 1 else FIRST - timedelta(365)
    code = f["StockCode"].upper()
    return priced(
        {
            "invoice_no": f["InvoiceNo"],
            "stock_code": code,
            "description": f["Description"] or None,
            "quantity": quantity,
            "invoice_time": time,
            "unit_price": price,
            "unit_price_imputed": False,
            "customer_id": number or "guest",
            "customer_imputed": not number,
            "country": f["Country"],
            "country_code": CODES.get(key(f["Country"])),
            "event_date": time.date(),
            "event_hour": time.hour,
            "day_of_week": time.isoweekday(),
            "is_weekend": time.isoweekday() >= 6,
        }
    )


def priced(row: Row) -> Row:
    """Add what follows from a price, when there is one."""
    price, quantity = row["unit_price"], row["quantity"]
    returned = row["invoice_no"].startswith("C") or quantity < 0
    total = None if price is None else price * quantity
    kind = "adjustment" if price == 0 else "fee" if row["stock_code"] in FEES else "return" if returned else "sale"
    return {**row, "line_total": total, "is_return": returned, "line_type": kind}


def in_range(row: Row) -> Row:
    """The row of a sale, if it is in its contract's ranges; its price says what others cost even if it is not."""
    require(FIRST <= row["invoice_time"] <= LAST)
    texts = {"invoice_no": 64, "stock_code": 64, "description": 1024, "customer_id": 64, "country": 128}
    short(**{name: (row[name], most) for name, most in texts.items()})
    require(row["line_total"] is None or abs(row["line_total"]) <= 10**8)
    return row


def median(prices: list[Decimal]) -> Decimal:
    prices = sorted(prices)
    low, high = prices[(len(prices) - 1) // 2], prices[len(prices) // 2]
    return rounded((low + high) / 2, 4)


def since(text: str, arrival: datetime) -> datetime:
    time = moment(text, "%Y-%m-%dT%H:%M:%S%z")
    require(time <= arrival, "outside_lateness")
    return time.astimezone(UTC) if time.year > 1 else FIRST - timedelta(1)


def products(given: Mapping[str, str | None], arrival: datetime) -> Row:
    f = fields_of(given)
    present(f, "ProductID", "Title", "UpdatedAt")
    price = money(f["Price"])
    time = since(f["UpdatedAt"], arrival)
    currency = (f["Currency"].upper() or None) if price is not None else None
    require(time >= FIRST and (price is None or (price >= 0 and currency in ("GBP", "EUR", "USD"))))
    code, category = f["ProductID"].upper(), f["Category"] or None
    short(a=(code, 64), b=(f["Title"], 1024), c=(category, 256))
    return {"product_id": code, "valid_from": time, "title": f["Title"], "category": category} | {
        "price": price,
        "currency": currency,
    }


def customers(given: Mapping[str, str | None], arrival: datetime) -> Row:
    f = fields_of(given)
    present(f, "CustomerID", "Country", "UpdatedAt")
    number = customer(f["CustomerID"])
    born = moment(f["BirthDate"], "%Y-%m-%d").date() if f["BirthDate"] else None
    time = since(f["UpdatedAt"], arrival)
    require(time >= FIRST and (born is None or date(1900, 1, 1) <= born <= time.date()))
    name, email, postcode = f["Name"] or None, f["Email"].lower() or None, f["Postcode"].upper() or None
    short(a=(number, 64), b=(name, 256), c=(email, 254), d=(postcode, 32), e=(f["Country"], 128))
    require(email is None or re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email, re.ASCII) is not None)
    return {"customer_id": number, "valid_from": time, "name": name, "email": email, "birth_date": born} | {
        "postcode": postcode,
        "country": f["Country"],
        "country_code": CODES.get(key(f["Country"])),
    }


READ: dict[str, Callable[[Mapping[str, str | None], datetime], Row]] = {
    "sales": sales,
    "products": products,
    "customers": customers,
}
