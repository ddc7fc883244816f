"""Stock counts as text become typed rows, or get a reason."""

from datetime import UTC, datetime

from pyspark.sql import SparkSession
from pyspark.testing import assertDataFrameEqual

from dataplatform.contracts import Contracts
from dataplatform.reading import lines
from dataplatform.transforms import find
from dataplatform.transforms.kinds import LineTransform

HEADER = ("Product", "Site", "CountedAt", "OnHand")
ARRIVAL = datetime(2025, 6, 2, 7, 0, tzinfo=UTC)


def test_clean(spark: SparkSession, contracts: Contracts) -> None:
    given = [
        (" 20001a ", "Leeds", "2025-06-02T08:00:00+02:00", "12"),
        ("20002", "", "2025-06-02T06:00:00Z", "12"),
        ("20002", "Leeds", "this morning", "12"),
        ("20002", "Leeds", "2025-06-02T06:00:00Z", "a dozen"),
    ]
    rows = [("d", number, ARRIVAL, *fields, "", None, None) for number, fields in enumerate(given, 1)]
    received = lines.trimmed(spark.createDataFrame(rows, lines.line_schema(HEADER)), HEADER)

    cleaned = find(LineTransform, contracts.get("processed.stock")).clean(received)
    found = cleaned.selectExpr(
        "line_number", "stock_code", "warehouse", "unix_seconds(counted_at) AS counted", "on_hand", "reason", "error"
    )

    six = int(datetime(2025, 6, 2, 6, 0, tzinfo=UTC).timestamp())
    want = [
        (1, "20001A", "Leeds", six, 12, None, None),
        (2, "20002", "", six, 12, "missing_field", "Site"),
        (3, "20002", "Leeds", None, 12, "wrong_type", "CountedAt"),
        (4, "20002", "Leeds", six, None, "wrong_type", "OnHand"),
    ]
    assertDataFrameEqual(found, spark.createDataFrame(want, found.schema))
