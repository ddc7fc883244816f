"""What the contracts say of lines, read once more in plain Python.

Only lists are shared with the jobs, and the normal forms of identifiers, which have a table of cases of their own.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dataplatform.transforms.processed.absent import DASHES, WORDS
from dataplatform.transforms.processed.countries import CODES
from dataplatform.transforms.processed.country_keys import key
from dataplatform.transforms.processed.identifiers import plain, plain_customer, plain_number
from dataplatform.transforms.processed.letters import _APART
from dataplatform.transforms.processed.sales import FEES
from dataplatform.transforms.white_space import APOSTROPHES, HYPHENS, UNSEEN, WHITE_SPACE

SIGNS = {"GBP": "\u00a3", "EUR": "\u20ac", "USD": "$"}
SPACE = WHITE_SPACE + UNSEEN
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
    trimmed = {name: unicodedata.normalize("NFC", value or "").strip(SPACE) for name, value in given.items()}
    require(not any(CONTROL.search(value) for value in trimmed.values()))
    return trimmed


def present(fields: Fields, *names: str) -> None:
    require(all(fields[name] for name in names), "missing_field")


def short(**lengths: tuple[str | None, int]) -> None:
    require(all(value is None or len(value) <= most for value, most in lengths.values()))


def rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60))


def no_amount(text: str) -> bool:
    return text.lower() in WORDS


def absent(text: str) -> bool:
    return no_amount(text) or text in DASHES


def seen(text: str) -> str:
    return "".join(sign for sign in text if sign not in UNSEEN)


def code(named: str) -> str:
    """A code in upper case, letter by letter, but for letters that are another's or several then."""
    changed = "".join(sign if sign in _APART else sign.upper() for sign in seen(named))
    return changed if len(named) <= 1024 else named


def identified(named: str) -> str:
    require(bool(named) and not (absent(named) and not named[0].isdigit()), "missing_field")
    require(not re.fullmatch(r"[+]?[0-9]+([.,][0-9.,]*[eE][+-]?|[eE][+])[0-9]{1,3}", named))
    return named


def invoice(text: str) -> str:
    """An invoice's number in upper case, a cancellation's without spaces."""
    number = identified(plain_number(text))
    require(not re.fullmatch(r"[+]?[1-9][0-9]{0,2}[.,]000", number))
    number = code(number)
    return number.replace(" ", "") if re.fullmatch("C[0-9 ]* [0-9]+", number) else number


def unguarded(text: str) -> str:
    """A text without what keeps a spreadsheet from reading it, or quotes it."""
    for form in ('\'?="\'?([^"]*)"', "[\"']{1,3}([^\"']*)[\"']{1,3}", "'([^'].*)"):
        if found := re.fullmatch(form, text, re.DOTALL):
            return found[1]
    return text


def amount(text: str, currency: str | None, comma: re.Pattern[str]) -> Decimal | None:
    """The number of a text in whatever writing; None when it is none, or may be another."""
    if NUMBER.fullmatch(text):
        return Decimal(text)
    if len(text) > 64:
        return None
    text = re.sub(f"[{HYPHENS}]", "-", re.sub(f"[{APOSTROPHES}]", "'", text))
    text = "".join(" " if sign in WHITE_SPACE and not sign.isascii() else sign for sign in text)
    wide = {sign: chr(ord(sign) - 0xFEE0) for sign in map(chr, range(0xFF08, 0xFF1A)) if sign not in "\uff0a\uff0f"}
    text = unguarded("".join(wide.get(sign, sign) for sign in text))
    if currency:
        own = f"(?:[{SIGNS[currency]}]|(?i:{currency}))"
        text = re.sub(rf"^([-+(]{{0,2}}) ?{own} ?| ?{own}(?=[-)]{{0,2}}\Z)", lambda one: one[1] or "", text)
    negative = re.fullmatch(r"[(]([^-+()]+)[)]|([^-+()]*[^-+() ]) ?-", text)
    text = "-" + (negative[1] or negative[2]) if negative else text
    sign, digits = re.fullmatch("([+-]?)(.*)", text, re.DOTALL).groups()
    digits = digits.lstrip(" ") if sign else digits
    for groups, point in ((",", "."), (".", ","), (" ", ".,"), ("'", ".,")):
        grouped = re.fullmatch(
            rf"([0-9]{{1,3}}(?:[{groups}][0-9]{{2,3}})*[{groups}][0-9]{{3}})(?:[{point}]([0-9]*))?", digits
        )
        if grouped is None:
            continue
        pairs = re.search(rf"[{groups}][0-9]{{2}}[{groups}]", grouped[1]) is not None
        several = grouped[1].count(groups) > 1 or groups in " '"
        if pairs and (groups != "," or grouped[2] is None) or not (several or grouped[2] is not None):
            continue
        if grouped[2] == "" and groups != ",":
            continue
        return Decimal(sign + re.sub(rf"[{groups}]", "", grouped[1]) + "." + (grouped[2] or "0"))
    if comma.fullmatch(digits):
        return Decimal(sign + digits.replace(",", "" if comma is GROUPS_PIECES else "."))
    if comma is GROUPS_PIECES and DECIMAL_COMMA.fullmatch(digits):
        return Decimal(sign + digits.replace(",", "."))
    return Decimal(sign + digits) if NUMBER.fullmatch(sign + digits) else None


DECIMAL_COMMA = re.compile("[0-9]*,(?:[0-9]{1,2}|[0-9]{4,})|(?:0|[0-9]{4,}),[0-9]{3}")
GROUPS_PIECES = re.compile("[1-9][0-9]{0,2},[0-9]{3}")


def money(text: str, currency: str | None = "GBP") -> Decimal | None:
    if no_amount(text):
        return None
    value = amount(text, currency, DECIMAL_COMMA)
    if value is None:
        others = set(SIGNS) - {currency}
        signs = {sign for sign in text if unicodedata.category(sign) == "Sc"} - {SIGNS.get(currency or "")}
        foreign = bool(signs) or any(other in text.upper() for other in others)
        raise BadError("invalid_value" if foreign else "wrong_type")
    require(abs(value) < 10**20)
    whole = rounded(rounded(value, 10), 4)
    require(abs(whole) < 10**8 and bool(whole) == bool(value))
    return whole or abs(whole)  # minus zero is zero


def normalized(fields: Fields, *numbers: str) -> str | None:
    return ",".join(name for name in numbers if not (no_amount(fields[name]) or NUMBER.fullmatch(fields[name]))) or None


def pieces(text: str) -> int:
    require(not no_amount(text), "missing_field")
    require(len(text) < 100 or re.fullmatch("[+-]?[0-9]+([.]0*)?", text) is not None, "wrong_type")
    require(len(text) < 100)
    value = amount(text, None, GROUPS_PIECES)
    require(value is not None and not re.search("[eE]-", text), "wrong_type")
    if value.adjusted() > 30 or value != int(value):
        raise BadError("invalid_value" if re.fullmatch("[+-]?[0-9]+([.]0*)?", text) else "wrong_type")
    if abs(value) >= 2**31:
        raise BadError("invalid_value")
    return int(value)


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
    """A customer's number, empty for nobody."""
    number = plain_customer(text)
    if not number:
        return number
    identified(number)
    lettered = len(number) > 64 or any(unicodedata.category(sign)[0] == "L" for sign in number)
    require(lettered or re.fullmatch("[0-9]+(?:[-_/:][0-9]+){0,8}", number) is not None)
    require(re.fullmatch("#[^0-9]{1,16}(0!)?", number) is None)
    word = re.sub(r"[.]0*\Z", "", number.lower()).strip(" ")
    require(word not in ("guest", "", "inf", "infinity", "true", "false"))
    return number


def zoned(text: str, zone: ZoneInfo | None) -> datetime:
    """The time of a text with an offset or, with a zone, without one."""
    require(not (absent(text) or re.fullmatch(r"0000-00-00([ T]00:00:00([.]0{1,9})?)?Z?", text)), "missing_field")
    whole = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.](\d{1,9}))?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?", text, re.ASCII
    )
    if whole is None or (whole[4] is None) == (zone is None):
        # What is left to say is whether it is a time of another age.
        form = "%Y-%m-%d %H:%M:%S" if " " in text else "%Y-%m-%dT%H:%M:%S"
        moment(re.sub("Z$", "", text), form)
        raise BadError("wrong_type")
    day, clock, fraction, offset = whole.groups()
    read = moment(f"{day} {clock}", "%Y-%m-%d %H:%M:%S").replace(microsecond=int(f"{fraction or 0:0<6}"[:6]))
    if offset is None:
        return read.replace(tzinfo=zone)
    ahead = re.fullmatch(r"([+-])(\d\d):?(\d\d)?", offset) if offset != "Z" else None
    if ahead is None:
        return read.replace(tzinfo=UTC)
    hours, minutes = int(ahead[2]), int(ahead[3] or 0)
    require(hours * 60 + minutes <= 18 * 60 and minutes < 60, "wrong_type")
    shift = timedelta(hours=hours, minutes=minutes) * (1 if ahead[1] == "+" else -1)
    # There is no year before the first here, nor one after 9999; either is as far from any line's time.
    return read.replace(tzinfo=UTC) - (shift if 1 < read.year < 9999 else timedelta())


def sales(given: Mapping[str, str | None], arrival: datetime) -> Row:
    f = fields_of(given)
    present(f, "InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "Country")
    number_of_invoice, stock = invoice(f["InvoiceNo"]), identified(plain(f["StockCode"]))
    quantity = pieces(f["Quantity"])
    local = zoned(f["InvoiceDate"], ZoneInfo("Europe/London"))
    price = money(f["UnitPrice"])
    number = customer(f["CustomerID"])
    time = local.astimezone(UTC) if local.year > 1 else FIRST - timedelta(365)
    require(time <= arrival + timedelta(hours=24), "outside_lateness")
    country = seen(f["Country"])
    return priced(
        {
            "invoice_no": number_of_invoice,
            "stock_code": code(stock),
            "description": f["Description"] or None,
            "quantity": quantity,
            "invoice_time": time,
            "unit_price": price,
            "unit_price_imputed": False,
            "normalized": normalized(f, "Quantity", "UnitPrice"),
            "customer_id": number or "guest",
            "customer_imputed": not number,
            "country": country,
            "country_code": CODES.get(key(country)),
            "event_date": time.date(),
            "event_hour": time.hour,
            "day_of_week": time.isoweekday(),
            "is_weekend": time.isoweekday() >= 6,
        }
    )


def priced(row: Row) -> Row:
    """Add what follows from a price, when there is one."""
    price, quantity = row["unit_price"], row["quantity"]
    returned = re.match("C[0-9]", row["invoice_no"]) is not None or quantity < 0
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
    time = zoned(text, None)
    require(time <= arrival, "outside_lateness")
    return time.astimezone(UTC) if time.year > 1 else FIRST - timedelta(1)


def products(given: Mapping[str, str | None], arrival: datetime) -> Row:
    f = fields_of(given)
    present(f, "ProductID", "Title", "UpdatedAt")
    product = code(identified(plain(f["ProductID"])))
    named = "" if absent(f["Currency"]) else f["Currency"].upper()
    price = money(f["Price"], named if named in ("GBP", "EUR", "USD") else None)
    time = since(f["UpdatedAt"], arrival)
    currency = (named or None) if price is not None else None
    require(time >= FIRST and (price is None or (price >= 0 and currency in ("GBP", "EUR", "USD"))))
    category = f["Category"] or None
    require(bool(product))
    short(a=(product, 64), b=(f["Title"], 1024), c=(category, 256))
    return {"product_id": product, "valid_from": time, "title": f["Title"], "category": category} | {
        "price": price,
        "currency": currency,
        "normalized": normalized(f, "Price"),
    }


def born(text: str) -> date | None:
    if absent(text) or re.fullmatch(r"0000-00-00([ T]00:00:00([.]0{1,9})?)?Z?", text):
        return None
    return moment(re.sub(r"[ T]00:00:00([.]0{1,9})?Z?\Z", "", text), "%Y-%m-%d").date()


def customers(given: Mapping[str, str | None], arrival: datetime) -> Row:
    f = fields_of(given)
    present(f, "CustomerID", "Country", "UpdatedAt")
    require(bool(plain_customer(f["CustomerID"])), "missing_field")
    number = customer(f["CustomerID"])
    birth = born(f["BirthDate"])
    time = since(f["UpdatedAt"], arrival)
    require(time >= FIRST and (birth is None or date(1900, 1, 1) <= birth <= time.date()))
    email, postcode = "" if absent(f["Email"]) else unguarded(seen(f["Email"]).lower()), plain(f["Postcode"])
    email, postcode = re.sub("^(?:mailto:)?<?|>?\\Z", "", email), "" if absent(postcode) else postcode
    name, email, postcode = f["Name"] or None, email or None, postcode.upper() or None
    country = seen(f["Country"])
    short(a=(number, 64), b=(name, 256), c=(email, 254), d=(postcode, 32), e=(country, 128))
    require(email is None or re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email, re.ASCII) is not None)
    return {"customer_id": number, "valid_from": time, "name": name, "email": email, "birth_date": birth} | {
        "postcode": postcode,
        "country": country,
        "country_code": CODES.get(key(country)),
    }


READ: dict[str, Callable[[Mapping[str, str | None], datetime], Row]] = {
    "sales": sales,
    "products": products,
    "customers": customers,
}
