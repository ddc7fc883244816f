#!/usr/bin/env bash
# PySpark 3.5.4: functions.nullif(col("a"), lit("")) raises before there is a frame, as it asks a column that is known by its
# name only for its type; the SQL function of that name and nullif of a cast take such a column (akin: SPARK-56840). Seen:
#   function: AnalysisException Invalid call to dataType on unresolved object
#   of a cast: [None, 'x']
#   SQL: [None, 'x']
# Exits non-zero when that changes. Needs Python 3.11 and Java 17.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check pyspark==3.5.4 setuptools
"$folder/env/bin/python" - 2>"$folder/log" <<'PYTHON' | tee "$folder/said"
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
frame = spark.createDataFrame([("",), ("x",)], "a string")
try:
    print("function:", [row[0] for row in frame.select(F.nullif(F.col("a"), F.lit(""))).collect()])
except Exception as error:
    print("function:", type(error).__name__, str(error).splitlines()[0])
print("of a cast:", [row[0] for row in frame.select(F.nullif(F.col("a").cast("string"), F.lit(""))).collect()])
print("SQL:", [row[0] for row in frame.select(F.expr("nullif(a, '')")).collect()])
PYTHON
diff "$folder/said" - <<'SEEN'
function: AnalysisException Invalid call to dataType on unresolved object
of a cast: [None, 'x']
SQL: [None, 'x']
SEEN
