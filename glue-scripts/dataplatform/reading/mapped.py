"""Files of other sources, by what the contracts say of their columns: as lines of the dataset's own columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dataplatform.transforms.processed import addresses, letters, times
from dataplatform.transforms.processed.absent import absent

# The column that says that a line is of an order which is no sale: refunded as a whole, cancelled, not paid.
VOID = "void"
_ADDRESS_KEY = "email-"
_SIGNS = 40


def places(columns: Sequence[str]) -> tuple[str, ...]:
    """Return names for the columns of a file by their places: a source's own may be any text."""
    return tuple(f"_column_{place}" for place in range(len(columns)))


def fields(records: DataFrame, columns: Sequence[str], mapping: Mapping[str, Any], header: Sequence[str]) -> DataFrame:
    """Return the records of files, read by ``places``, with the columns of the header and VOID."""
    if lacking := sorted(_read(mapping) - set(columns)):
        raise ValueError(
            f"the mapping {mapping['source']} reads {', '.join(lacking)}, which files that came by it do not have; "
            "leave it as it was, and give the files with another header a mapping beside it"
        )
    given = zip(columns, places(columns), strict=True)
    at = {name: F.nullif(letters.trimmed(F.col(place)), F.lit("")) for name, place in given}
    if mapping.get("order"):
        order = Window.partitionBy("file_digest", at[mapping["order"]]).orderBy("line_number")
        whole = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
        # A record with another number of fields may have any value in any of them.
        said = {name: F.when(F.col("reason").isNull(), at[name]) for name in mapping.get("ofOrder") or ()}
        at |= {name: F.first(one, ignorenulls=True).over(whole) for name, one in said.items()}
    other = F.when(F.col("reason").isNotNull(), None)
    for name, values in (mapping.get("only") or {}).items():
        other = other.when(~F.coalesce(at[name], F.lit("")).isin(list(values)), name)
    read = records.withColumns(
        {
            **{name: _field(mapping["fields"].get(name), at) for name in header},
            VOID: _void(mapping, at),
            "_other": other,
        }
    )
    reason = F.coalesce("reason", F.when(F.col("_other").isNotNull(), "invalid_value"))
    evaluated = read.withColumns({"error": F.coalesce("error", "_other"), "reason": reason})
    return evaluated.select("file_digest", "line_number", "payload", *header, "reason", "error", VOID)


def _read(mapping: Mapping[str, Any]) -> set[str]:
    """Return the source's columns that the mapping reads, all of which landing found in the header."""
    single = {mapping[key] for key in ("order", "status") if mapping.get(key)}
    named = {name for field in mapping["fields"].values() for name in field["from"]}
    return named | single | set(mapping.get("ofOrder") or ()) | set(mapping.get("only") or ())


def _void(mapping: Mapping[str, Any], at: Mapping[str, Column]) -> Column:
    if not mapping.get("status"):
        return F.lit(False)
    return ~F.lower(F.coalesce(at[mapping["status"]], F.lit(""))).isin([one.lower() for one in mapping["sales"]])


def _field(field: Mapping[str, Any] | None, at: Mapping[str, Column]) -> Column:
    if field is None:
        return F.lit(None).cast("string")
    text = F.coalesce(*[at[name] for name in field["from"]])
    if field.get("format"):
        return _time(text, field["format"], field.get("zone", ""))
    if field.get("decimal"):
        return _number(text, field["decimal"])
    if field.get("as"):
        return address_key(text)
    return text


def _number(text: Column, decimal: str) -> Column:
    """A number with a point for its decimal mark; one that is not written as declared stays as it is.

    Its other marks group digits by three, else a price of 2.55 would become 255.
    """
    group = "." if decimal == "," else ","
    other = rf"[{group}](?![0-9]{{3}}(?![0-9]))|(?:[0-9]{{4}}|(?<![0-9])0)[{group}]|[{decimal}].*[{group}{decimal}]"
    return F.when(text.rlike(other), text).otherwise(F.translate(text, decimal + group, "."))


def _time(text: Column, form: str, zone: str) -> Column:
    """A time in UTC; what cannot be read stays as it is, and is no time for the transform either."""
    moment = times.written(text, form, zone)
    return F.coalesce(F.date_format(moment, "yyyy-MM-dd'T'HH:mm:ss'Z'"), text)


def address_key(address: Column) -> Column:
    """The key of a customer who is known by an e-mail address; erasure.person makes the same."""
    digest = F.sha2(addresses.read(address), 256)
    return F.when(~absent(address), F.concat(F.lit(_ADDRESS_KEY), F.left(digest, F.lit(_SIGNS))))
