#!/usr/bin/env bash
# PyIceberg 0.12.0 writes the ids of an equality delete file (field 135 of a manifest's data_file) as Avro's long, where Iceberg's
# specification has int. Iceberg's Java library casts what it reads: Trino 476 fails on such a table with "class java.lang.Long cannot be
# cast to class java.lang.Integer". PyIceberg itself writes no such files; who writes them with its classes has to give the field its type.
# Seen: the schema in a manifest that its writer wrote. Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check pyiceberg==0.12.0 pyarrow==23.0.1
cd "$folder"
"$folder/python/bin/python" - <<'PYTHON'
import json
import re
import sys
from pathlib import Path

from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestEntry, ManifestEntryStatus, write_manifest
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import LongType, NestedField

schema = Schema(NestedField(1, "id", LongType()))
output = PyArrowFileIO().new_output("manifest.avro")
data = DataFile.from_args(content=DataFileContent.EQUALITY_DELETES, file_path="x", file_format=FileFormat.PARQUET,
                          partition=Record(), record_count=1, file_size_in_bytes=1, equality_ids=[1])
data.spec_id = 0
entry = ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, snapshot_id=1, data_file=data)
with write_manifest(2, UNPARTITIONED_PARTITION_SPEC, schema, output, 1, "null") as manifest:
    manifest.add_entry(entry)
text = Path("manifest.avro").read_bytes().decode("latin-1")
written = json.JSONDecoder().raw_decode(text[text.index("{", text.index("avro.schema")):])[0]
files = next(field["type"] for field in written["fields"] if field["name"] == "data_file")
ids = next(field for field in files["fields"] if field["field-id"] == 135)
print("equality_ids:", json.dumps(ids["type"]))
sys.exit(0 if re.search(r'"items": "long"', json.dumps(ids["type"])) else 1)
PYTHON
