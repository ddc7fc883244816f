#!/usr/bin/env bash
# sqlglot 30.30.0: qualify, with dialect trino, replaces what a SELECT calls its results in WHERE, too, where
# Trino, and so Athena, knows them in ORDER BY alone and refuses the query (COLUMN_NOT_FOUND). What passes qualify is thus
# no query of the dialect that it was told; expand_alias_refs=False leaves the name, which is then refused. Seen:
#   by default: SELECT SUM("t"."a") AS "b" FROM "t" AS "t" WHERE SUM("t"."a") > 1
#   without expansion: Column 'b' could not be resolved
#   in ORDER BY: SELECT "t"."a" AS "b" FROM "t" AS "t" ORDER BY "b"
# Exits non-zero when that changes. Needs Python 3.9 or later.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check sqlglot==30.30.0
"$folder/env/bin/python" - <<'PYTHON' | tee "$folder/said"
import sqlglot
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify


def qualified(query, **options):
    tree = sqlglot.parse_one(query, dialect="trino")
    try:
        return qualify(tree, schema={"t": {"a": "bigint"}}, dialect="trino", **options).sql(dialect="trino")
    except OptimizeError as error:
        return str(error).split(". ")[0].split(" for ")[0].rstrip(".").splitlines()[0]


print("by default:", qualified("SELECT sum(a) AS b FROM t WHERE b > 1"))
print("without expansion:", qualified("SELECT sum(a) AS b FROM t WHERE b > 1", expand_alias_refs=False))
print("in ORDER BY:", qualified("SELECT a AS b FROM t ORDER BY b", expand_alias_refs=False))
PYTHON
diff "$folder/said" - <<'SEEN'
by default: SELECT SUM("t"."a") AS "b" FROM "t" AS "t" WHERE SUM("t"."a") > 1
without expansion: Column 'b' could not be resolved
in ORDER BY: SELECT "t"."a" AS "b" FROM "t" AS "t" ORDER BY "b"
SEEN
