"""Files of a dataset tried without a platform."""

import gzip
import hashlib
from pathlib import Path

from landing import examine
from pyspark.sql import SparkSession

from dataplatform.contracts import Contracts
from local.trial import trial

CONTENT = b"""InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,France
536365,85123a,"HANGING HEART
",6,2010-12-01 08:26:00,2.550,17850,France
,,,,,,,
536366,85123A,HANGING HEART,six,2010-12-01 08:26:00,2.55,17850.0,France
"""


def test_rows_duplicates_and_bad_lines_of_a_file_are_told(
    spark: SparkSession, contracts: Contracts, tmp_path: Path
) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    (tmp_path / f"{digest}.csv.gz").write_bytes(gzip.compress(CONTENT))
    [found] = examine("sales", [CONTENT])
    said = [{**found, "name": "a.csv", "digest": digest}]
    whole, texts = trial.tried(spark, contracts, "sales", said, tmp_path, shown=5)
    assert whole
    assert texts[0] == "3 lines: 1 processed, 1 duplicates, 1 quarantined"
    assert texts[1].split()[:3] == ["invoice_no", "stock_code", "description"]
    assert texts[2].split()[:2] == ["536365", "85123A"]
    assert texts[3].startswith("a.csv:6 wrong_type (Quantity): 536366,85123A,")
    assert len(texts) == 4
