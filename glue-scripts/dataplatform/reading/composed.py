"""Text in the composed form of Unicode: an accent that a system keeps apart from its letter is the letter's."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Marks, and the letters that have a composed form without one: ohm and angstrom signs, Greek accents, Hangul in parts,
# compatibility ideographs. Text without any of these is composed.
_LOOSE = (
    "[\\p{M}\u0374\u037e\u0387\u1160-\u11ff\u1f71-\u1fff\u2000\u2001\u2126\u212a\u212b\u2329\u232a"
    "\uf900-\ufaff\ufb1d-\ufb4e]"
)


def loose(name: str) -> Column:
    """Whether a text may not be composed."""
    return (F.length(name) < F.octet_length(name)) & F.col(name).rlike(_LOOSE)


def text(given: str) -> str:
    """Return a text composed."""
    return unicodedata.normalize("NFC", given)


def fields(records: DataFrame, names: Sequence[str]) -> DataFrame:
    """Compose fields of records. By the library: no function of Spark does it."""
    places = [records.columns.index(name) for name in names]

    def compose(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = list(batch.columns)
            for place in places:
                values = [None if one is None else text(one) for one in columns[place].to_pylist()]
                columns[place] = pa.array(values, columns[place].type)
            yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    return records.mapInArrow(compose, records.schema)
