"""Sales files through both stages."""

from conftest import Platform

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
FIRST = "536365,85123A,HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
SECOND = "536365,71053,METAL LANTERN,2,2010-12-01 09:30:00,3.39,,France\n"


def test_run(platform: Platform) -> None:
    platform.ledger.land(HEADER + FIRST + SECOND + FIRST, "2010-12-01T10:00:00Z")
    report = platform.process("2010-12-01T11:00:00Z").run()
    print(report.document())
    report = platform.curate("2010-12-01T11:00:00Z").run()
    print(report.document())
    platform.table("processed.sales").show(truncate=False)
    platform.table("curated.sales_hourly").show(truncate=False)
