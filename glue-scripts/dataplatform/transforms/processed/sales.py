"""Order lines of the shop's export, cleaned, completed and classified."""

from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from dataplatform.transforms import keys, verdict
from dataplatform.transforms.kinds import Completion, LineTransform
from dataplatform.transforms.once import once
from dataplatform.transforms.processed import countries, identifiers, letters, medians, numbers, times
from dataplatform.transforms.processed.identifiers import GUEST

ZONE = "Europe/London"
CURRENCY = "GBP"
# What a line says: the eight fields, as values.
SAID = (
    *("invoice_no", "stock_code", "description", "quantity", "invoice_time", "unit_price", "customer_id", "country"),
)
# How long after its file's arrival a line's time may lie.
AHEAD_HOURS = 24
# Prices up to this many days before a line's day say what a missing price was.
HISTORY_DAYS = 30
# Codes that charge for something that is no product: postage, carriage, discounts, manual entries, samples, bank and
# marketplace fees, donations, bad debt.
FEES = ("POST", "DOT", "D", "M", "S", "C2", "C3", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "ADJUST", "ADJUST2")

# The type, and the column of lines that says so, of orders that are none: refunded as a whole, cancelled, not paid.
VOID = "void"

# The number of an invoice that cancels another one; CH-1001 is an order.
CANCELLED = "^C[0-9]"

TOTAL = DecimalType(18, 4)
_BEYOND = Decimal("99999999999999.9999")

_LINE = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": "HANGING HEART",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850",
    "Country": "United Kingdom",
}
# The second one's price is completed from the first.
KNOWN_GOOD = (_LINE, {**_LINE, "InvoiceDate": "2010-12-02 08:26:00", "UnitPrice": ""})


def clean(lines: DataFrame) -> DataFrame:
    """Give every field its type; a line whose required fields are missing or unreadable gets a reason.

    A missing price is no reason yet: complete may find it.
    """
    # Each taken apart from the next: together they are a method so long that the JVM does not compile it.
    named = identifiers.read(lines, {"_code": "StockCode"}, {"_invoice": "InvoiceNo", "_customer": "CustomerID"})
    identified = named.withColumns(
        {"invoice_no": identifiers.invoice("_invoice"), "_nobody": identifiers.nobody("_customer")}
    )
    counted = once(numbers.with_pieces(identified, "Quantity", "_quantity"))
    priced = once(numbers.with_money(counted, "UnitPrice", "_price", F.lit(CURRENCY)))
    nobody = F.col("_nobody")
    typed = priced.withColumns(
        {
            "stock_code": letters.code(F.col("_code")),
            "description": F.when(F.col("Description") != "", F.col("Description")),
            "invoice_time": times.read_local("InvoiceDate", ZONE),
            "customer_imputed": nobody,
            "customer_id": F.when(nobody, F.lit(GUEST)).otherwise(F.col("_customer")),
            "country": letters.seen(F.col("Country")),
        }
    )
    checks = (
        *verdict.missing("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "Country"),
        *identifiers.number_checks("InvoiceNo", "_invoice"),
        *identifiers.checks("StockCode", "_code"),
        *numbers.pieces_checks("Quantity", "_quantity"),
        *times.checks("InvoiceDate", "invoice_time"),
        *numbers.money_checks("UnitPrice", "_price", F.lit(CURRENCY)),
        *identifiers.customer_checks("CustomerID", "_customer", "_nobody"),
        # A clock may be wrong, or of another zone. What is later is a mistake in writing, and no table is so fresh.
        (
            F.unix_micros("invoice_time") > F.unix_micros("arrival_time") + AHEAD_HOURS * 3_600_000_000,
            "outside_lateness",
            "InvoiceDate",
        ),
    )
    usable = F.col("reason").isNull()
    evaluated = verdict.give(typed, checks).withColumns(
        {
            "quantity": F.when(usable, F.col("_quantity").cast("int")),
            "unit_price": F.when(usable, F.col("_price").cast(numbers.MONEY)),
            "unit_price_imputed": F.lit(False),
            "country_code": countries.code(F.col("country")),
            "normalized": numbers.normalized({"Quantity": "_quantity", "UnitPrice": "_price"}),
        }
    )
    return _classified(once(keys.add(evaluated, SAID)).withColumns(_calendar()), _void(lines))


def restate(rows: DataFrame) -> DataFrame:
    """Take processed rows of any age and return them as clean makes them of their lines today, with their keys."""
    named = identifiers.read(
        rows.withColumns({name: letters.trimmed(F.col(name)) for name in ("description", "country")}),
        {"stock_code": "stock_code"},
        {"invoice_no": "invoice_no", "customer_id": "customer_id"},
    )
    nobody = identifiers.nobody("customer_id")
    made = named.withColumns(
        {
            "invoice_no": identifiers.invoice("invoice_no"),
            "stock_code": letters.code(F.col("stock_code")),
            "country": letters.seen(F.col("country")),
            "customer_imputed": nobody | F.col("customer_imputed"),
            "customer_id": F.when(nobody, F.lit(GUEST)).otherwise(F.col("customer_id")),
            "_imputed": F.when(F.col("unit_price_imputed"), F.col("unit_price")),
            # An imputed price is not what the line says.
            "unit_price": F.when(~F.col("unit_price_imputed"), F.col("unit_price")),
        }
    )
    whole = {"unit_price": F.coalesce("unit_price", "_imputed"), "country_code": countries.code(F.col("country"))}
    identified = keys.add(made, SAID).withColumns(whole)
    return _classified(identified, F.col("line_type") == VOID).select(*rows.columns)


def unknown() -> Column:
    """Say which lines name a country that has no code."""
    return countries.unknown("country", "country_code")


def needs_history() -> Column:
    """Say which cleaned lines complete must fill."""
    return F.col("reason").isNull() & F.col("unit_price").isNull()


def complete(lines: DataFrame, history: DataFrame) -> DataFrame:
    """Impute missing prices: the product's median over HISTORY_DAYS days before the line's day.

    Only prices count that were known when the line's file arrived, so neither the order of runs nor a later file can
    change the result; lines that say the same count once, and a price of zero is an adjustment, no price. What arrived
    more than HISTORY_DAYS before the line's day, or before the line did, is too old, whatever day it names.
    """
    line = ("stock_code", "event_date", "arrival_time")
    bare = lines.where(needs_history()).select(*line).distinct()
    priced = history.where(F.col("reason").isNull() & (F.col("unit_price") > 0))
    known = medians.of(bare, priced.select("line_key", "unit_price", *line), HISTORY_DAYS, line)
    joined = lines.join(F.broadcast(known), list(line), "left")
    found = needs_history() & F.col("median_price").isNotNull()
    lacking = needs_history() & F.col("median_price").isNull()
    completed = joined.withColumns(
        {
            "unit_price": F.when(found, F.col("median_price")).otherwise(F.col("unit_price")),
            "unit_price_imputed": found,
            "reason": F.when(lacking, F.lit("price_not_imputable")).otherwise(F.col("reason")),
            "error": F.when(lacking, F.lit("UnitPrice")).otherwise(F.col("error")),
        }
    )
    return _classified(completed, F.col("line_type") == VOID)


def _calendar() -> dict[str, Column]:
    weekday = F.weekday("invoice_time") + 1
    return {
        "event_date": F.to_date("invoice_time"),
        "event_hour": F.hour("invoice_time"),
        "day_of_week": weekday,
        "is_weekend": weekday >= 6,
    }


def _void(lines: DataFrame) -> Column:
    """Whether a line is of an order that its source does not call a sale; a source without statuses has only sales."""
    return F.coalesce(F.col(VOID), F.lit(False)) if VOID in lines.columns else F.lit(False)


def _classified(lines: DataFrame, void: Column) -> DataFrame:
    returned = F.col("invoice_no").rlike(CANCELLED) | (F.col("quantity") < 0)
    return lines.withColumn("is_return", returned).withColumns(
        {
            "line_type": F.when(void, F.lit(VOID))
            .when(F.col("unit_price") == 0, F.lit("adjustment"))
            .when(F.col("stock_code").isin(*FEES), F.lit("fee"))
            .when(F.col("is_return"), F.lit("return"))
            .otherwise(F.lit("sale")),
            "line_total": _total(),
        }
    )


def _total() -> Column:
    """Quantity times price. What is more than the column holds is all it holds: beyond the contract's range."""
    exact = F.col("unit_price") * F.col("quantity").cast(DecimalType(10, 0))
    beyond = F.when(exact > 0, F.lit(_BEYOND)).otherwise(F.lit(-_BEYOND))
    return F.when(exact.isNotNull(), F.coalesce(exact.cast(TOTAL), beyond))


TRANSFORM = LineTransform(
    clean=clean,
    restate=restate,
    unknown=unknown,
    completion=Completion(complete=complete, needs_history=needs_history, history_days=HISTORY_DAYS),
    known_good=KNOWN_GOOD,
)
