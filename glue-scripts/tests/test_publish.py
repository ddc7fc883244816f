"""Write, audit, publish on a small table."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace as replace_fields
from itertools import count as counter

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from dataplatform import quality
from dataplatform.contracts import Contract, Contracts, parse
from dataplatform.engine import ddl
from dataplatform.engine.iceberg import Table
from dataplatform.engine.lease import LeaseLostError
from dataplatform.engine.publish import MovedError, Publisher, keep_first, replace

SCHEMA = "id string, day date, place bigint, value string"
NUMBER = counter()


@pytest.fixture(scope="module")
def contract() -> Contract:
    """Three columns and an order, partitioned by day."""
    fields = [("id", "string"), ("day", "date"), ("place", "long"), ("value", "string")]
    one = {
        "id": "processed.things",
        "layer": "processed",
        "dataset": "things",
        "version": "1.0.0",
        "format": "iceberg",
        "columns": [],
        "sparkSchema": {
            "type": "struct",
            "fields": [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in fields],
        },
        "primaryKey": ["id"],
        "partitions": [{"column": "day", "transform": "identity"}],
        "sortBy": ["id"],
        "quality": [
            {"name": "key_unique", "kind": "unique", "columns": ["id"], "severity": "error"},
            {"name": "value_not_null", "kind": "not_null", "columns": ["value"], "severity": "error"},
            {
                "name": "value_short",
                "kind": "expression",
                "columns": [],
                "expression": "length(value) < 9",
                "severity": "warning",
            },
        ],
    }
    bundle = {"hash": "x", "reasons": [], "pipelines": [], "contracts": {"processed.things": one}}
    return parse(json.dumps(bundle)).get("processed.things")


@pytest.fixture
def table(spark: SparkSession, contract: Contract) -> Iterator[str]:
    name = f"glue_catalog.publish.things_{next(NUMBER)}"
    spark.sql("CREATE NAMESPACE IF NOT EXISTS glue_catalog.publish")
    spark.sql(f"CREATE TABLE {name} ({SCHEMA}) USING iceberg")
    ddl.apply(spark, name, contract)
    yield name
    spark.sql(f"DROP TABLE {name} PURGE")


def rows(spark: SparkSession, *values: tuple[str | None, str, int, str | None]) -> DataFrame:
    made = spark.createDataFrame(
        [tuple(value) for value in values], "id string, day string, place bigint, value string"
    )
    return made.selectExpr("id", "CAST(day AS date) AS day", "place", "value")


def publish(
    spark: SparkSession,
    table: str,
    contract: Contract,
    given: DataFrame,
    before_publish: Callable[[], None] = lambda: None,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Publish rows, lowest place first; return how often the audit ran, as the one that passed counted."""
    audits = counter(1)

    def audit(branch: DataFrame) -> int:
        quality.audit(branch, contract)
        before_publish()
        return next(audits)

    def changes(current: DataFrame) -> DataFrame:
        return keep_first(given, current, contract, ["place"])

    return Publisher(spark, "owner", check).publish(table, contract, changes, audit).audited


def snapshots(spark: SparkSession, table: str) -> int:
    return spark.table(f"{table}.snapshots").count()


def now(spark: SparkSession, table: str) -> DataFrame:
    spark.catalog.refreshTable(table)
    return spark.table(table)


def test_a_table_never_written_is_published_to(spark: SparkSession, table: str, contract: Contract) -> None:
    given = rows(spark, ("a", "2010-12-01", 1, "x"), ("b", "2010-12-02", 1, "y"))
    assert publish(spark, table, contract, given) == 1
    assertDataFrameEqual(now(spark, table), given)
    assert set(Table(spark, table).refs()) == {"main"}


def test_the_lowest_row_of_a_key_stays_and_no_change_is_no_commit(
    spark: SparkSession, table: str, contract: Contract
) -> None:
    publish(spark, table, contract, rows(spark, ("a", "2010-12-01", 5, "x"), ("b", "2010-12-02", 5, "y")))
    later = rows(spark, ("a", "2010-12-01", 6, "late"), ("b", "2010-12-02", 5, "y"))
    main = Table(spark, table).main()
    publish(spark, table, contract, later)
    assert Table(spark, table).main() == main
    publish(spark, table, contract, rows(spark, ("a", "2010-12-01", 4, "early"), ("c", "2010-12-03", 1, "z")))
    want = rows(spark, ("a", "2010-12-01", 4, "early"), ("b", "2010-12-02", 5, "y"), ("c", "2010-12-03", 1, "z"))
    assertDataFrameEqual(now(spark, table), want)


def test_replace_inserts_updates_and_deletes(spark: SparkSession, table: str, contract: Contract) -> None:
    old = rows(spark, ("a", "2010-12-01", 1, "x"), ("b", "2010-12-01", 1, "y"), ("c", "2010-12-01", 1, "z"))
    publish(spark, table, contract, old)
    new = rows(spark, ("a", "2010-12-01", 1, "x"), ("b", "2010-12-01", 2, "other"), ("d", "2010-12-02", 1, "new"))
    Publisher(spark, "owner", lambda: None).publish(
        table, contract, lambda current: replace(new, current, contract), lambda branch: None
    )
    assertDataFrameEqual(now(spark, table), new)


def test_a_failed_audit_publishes_nothing(spark: SparkSession, table: str, contract: Contract) -> None:
    publish(spark, table, contract, rows(spark, ("a", "2010-12-01", 1, "x")))
    bad = rows(spark, ("b", "2010-12-01", 1, None), ("c", "2010-12-01", 1, "far too long"))
    with pytest.raises(quality.QualityError, match="processed.things: rows that break a rule: value_not_null: 1$"):
        publish(spark, table, contract, bad)
    assertDataFrameEqual(now(spark, table), rows(spark, ("a", "2010-12-01", 1, "x")))
    assert set(Table(spark, table).refs()) == {"main"}


def test_repeated_keys_fail_the_audit(spark: SparkSession, table: str, contract: Contract) -> None:
    twice = rows(spark, ("a", "2010-12-01", 1, "x"), ("a", "2010-12-01", 2, "y"))
    with pytest.raises(quality.QualityError, match="key_unique: 1"):
        publish(spark, table, contract, twice)


def test_an_audit_counts_what_breaks_each_rule(
    spark: SparkSession, contract: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    bad = rows(spark, *[("a", "2010-12-01", 1, None)] * 3, *[("b", "2010-12-01", 1, "far too long")] * 2)
    with pytest.raises(quality.QualityError, match="break a rule: value_not_null: 3, key_unique: 2$"):
        quality.audit(bad, contract)
    assert "rows that break a rule: value_short: 2" in caplog.text


@pytest.mark.parametrize("unique", [["id"], ["id", "value"]])
def test_rows_that_only_share_a_hash_break_no_rule(spark: SparkSession, contract: Contract, unique: list[str]) -> None:
    rule = {"name": "pair_unique", "kind": "unique", "columns": unique, "severity": "error"}
    # A null leaves a hash as it was, so these share one; and a null satisfies every rule but not_null.
    made = rows(spark, (None, "2010-12-01", 1, "x"), (None, "2010-12-01", 2, "x"), ("x", "2010-12-01", 3, None))
    quality.audit(made, replace_fields(contract, quality=(rule,)))


def test_main_moved_after_the_audit_means_again_from_the_write(
    spark: SparkSession, table: str, contract: Contract
) -> None:
    publish(spark, table, contract, rows(spark, ("a", "2010-12-01", 1, "x"), ("b", "2010-12-02", 3, "y")))
    moves = iter([f"INSERT INTO {table} VALUES ('c', DATE '2010-12-03', 1, 'by another')"])

    def move() -> None:
        for statement in moves:
            spark.sql(statement)
            break

    given = rows(
        spark, ("b", "2010-12-02", 2, "lower"), ("c", "2010-12-03", 2, "higher"), ("d", "2010-12-04", 1, "new")
    )
    assert publish(spark, table, contract, given, before_publish=move) == 2
    want = [("a", "2010-12-01", 1, "x"), ("b", "2010-12-02", 2, "lower")]
    want += [("c", "2010-12-03", 1, "by another"), ("d", "2010-12-04", 1, "new")]
    assertDataFrameEqual(now(spark, table), rows(spark, *want))


def test_a_compaction_after_the_audit_loses_nothing(spark: SparkSession, table: str, contract: Contract) -> None:
    for number in range(3):
        publish(spark, table, contract, rows(spark, (f"a{number}", "2010-12-01", 1, "x")))
    compactions = iter(
        [f"CALL glue_catalog.system.rewrite_data_files(table => '{table}', options => map('min-input-files', '2'))"]
    )

    def compact() -> None:
        for statement in compactions:
            assert spark.sql(statement).first()["rewritten_data_files_count"] == 3

    assert publish(spark, table, contract, rows(spark, ("b", "2010-12-01", 1, "y")), before_publish=compact) == 2
    assert sorted(row["id"] for row in now(spark, table).collect()) == ["a0", "a1", "a2", "b"]


def test_a_table_that_never_rests_is_given_up(spark: SparkSession, table: str, contract: Contract) -> None:
    def move() -> None:
        spark.sql(f"INSERT INTO {table} VALUES ('m{next(NUMBER)}', DATE '2010-12-03', 1, 'x')")

    with pytest.raises(MovedError, match="moved 5 times"):
        publish(spark, table, contract, rows(spark, ("b", "2010-12-02", 2, "y")), before_publish=move)
    assert now(spark, table).where("id = 'b'").isEmpty()


def test_a_first_publication_that_meets_another_is_redone(spark: SparkSession, table: str, contract: Contract) -> None:
    moves = iter([f"INSERT INTO {table} VALUES ('a', DATE '2010-12-01', 1, 'first')"])

    def move() -> None:
        for statement in moves:
            spark.sql(statement)

    given = rows(spark, ("a", "2010-12-01", 2, "second"), ("b", "2010-12-01", 1, "y"))
    assert publish(spark, table, contract, given, before_publish=move) == 2
    assertDataFrameEqual(now(spark, table), rows(spark, ("a", "2010-12-01", 1, "first"), ("b", "2010-12-01", 1, "y")))


def test_a_lost_lease_stops_before_publishing(spark: SparkSession, table: str, contract: Contract) -> None:
    def lost() -> None:
        raise LeaseLostError("gone")

    with pytest.raises(LeaseLostError):
        publish(spark, table, contract, rows(spark, ("a", "2010-12-01", 1, "x")), check=lost)
    assert Table(spark, table).main() is None


def test_branches_of_dead_publishers_are_dropped(spark: SparkSession, table: str, contract: Contract) -> None:
    publish(spark, table, contract, rows(spark, ("a", "2010-12-01", 1, "x")))
    spark.sql(f"ALTER TABLE {table} CREATE BRANCH audit_dead")
    spark.sql(f"ALTER TABLE {table} CREATE BRANCH kept")
    publish(spark, table, contract, rows(spark, ("b", "2010-12-01", 1, "x")))
    assert set(Table(spark, table).refs()) == {"main", "kept"}


def test_ddl_is_applied_once(spark: SparkSession, contracts: Contracts, contract: Contract) -> None:
    name = f"glue_catalog.publish.things_{next(NUMBER)}"
    spark.sql(f"CREATE TABLE {name} (id string, value string) USING iceberg")
    first = ddl.apply(spark, name, contract)
    assert len(first) == 3
    assert ddl.apply(spark, name, contract) == []
    handle = Table(spark, name).handle
    assert [str(field) for field in handle.spec().fields()] == ["1000: day: identity(3)"]
    spark.sql(f"DROP TABLE {name}")


def test_ddl_gives_the_timestamps_of_an_empty_table_their_zone(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.sales_hourly")
    name = f"glue_catalog.publish.things_{next(NUMBER)}"
    columns = ", ".join(
        f"`{field.name}` {field.dataType.simpleString().replace('timestamp', 'timestamp_ntz')}"
        for field in contract.schema
    )
    spark.sql(f"CREATE TABLE {name} ({columns}) USING iceberg")
    ddl.apply(spark, name, contract)
    assert spark.table(name).schema.simpleString() == contract.schema.simpleString()
    assert ddl.apply(spark, name, contract) == []
    spark.sql(f"DROP TABLE {name}")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("id string, day date, place double, value string", "column place is double, not long"),
        ("id string, day date, place bigint, value string, more string", "column more is not in the contract"),
    ],
)
def test_ddl_refuses_what_breaks_readers(spark: SparkSession, contract: Contract, columns: str, message: str) -> None:
    name = f"glue_catalog.publish.things_{next(NUMBER)}"
    spark.sql(f"CREATE TABLE {name} ({columns}) USING iceberg")
    with pytest.raises(ddl.TableMismatchError, match=message):
        ddl.apply(spark, name, contract)
    spark.sql(f"DROP TABLE {name}")


def test_ddl_widens_columns_and_keeps_those_that_ended(spark: SparkSession, contract: Contract) -> None:
    name = f"glue_catalog.publish.things_{next(NUMBER)}"
    spark.sql(f"CREATE TABLE {name} (id string, day date, place int, value string, more string) USING iceberg")
    spark.sql(f"INSERT INTO {name} VALUES ('a', DATE '2010-12-01', 1, 'x', 'old')")
    changed = replace_fields(contract, ended=("more",))
    assert f"ALTER TABLE {name} ALTER COLUMN `place` TYPE bigint" in ddl.apply(spark, name, changed)
    assert ddl.apply(spark, name, changed) == []
    publish(spark, name, changed, rows(spark, ("a", "2010-12-01", 0, "y"), ("b", "2010-12-01", 2**40, "z")))
    found = spark.table(name).select("id", "place", "value", "more").orderBy("id").collect()
    assert [tuple(row) for row in found] == [("a", 0, "y", "old"), ("b", 2**40, "z", None)]
    spark.sql(f"DROP TABLE {name}")


def test_ddl_refuses_another_partition_field(spark: SparkSession, contract: Contract) -> None:
    name = f"glue_catalog.publish.things_{next(NUMBER)}"
    spark.sql(f"CREATE TABLE {name} ({SCHEMA}) USING iceberg PARTITIONED BY (months(day))")
    with pytest.raises(ddl.TableMismatchError, match=r"partition field month\(day\) is not in the contract"):
        ddl.apply(spark, name, contract)
    spark.sql(f"DROP TABLE {name}")


def test_real_tables_agree_with_their_contracts(spark: SparkSession, contracts: Contracts) -> None:
    for contract in contracts.iceberg():
        name = f"glue_catalog.publish.{contract.dataset}_{next(NUMBER)}"
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in contract.schema)
        spark.sql(f"CREATE TABLE {name} ({columns}) USING iceberg")
        assert ddl.apply(spark, name, contract)
        assert ddl.apply(spark, name, contract) == []
        spark.sql(f"DROP TABLE {name}")


def test_metadata_hold_no_bounds_of_personal_columns(spark: SparkSession, contracts: Contracts) -> None:
    """Also of a table that was made before: what is written from then on has none."""
    contract = contracts.get("processed.customers")
    name = f"glue_catalog.publish.things_{next(NUMBER)}"
    columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in contract.schema)
    spark.sql(f"CREATE TABLE {name} ({columns}) USING iceberg")
    ddl.apply(spark, name, contract)
    texts = {"customer_id": "'12345'", "email": "'one@example.org'", "country_code": "'DE'"}
    texts["valid_from"] = "TIMESTAMP '2019-02-03 04:05:06'"  # pseudonymous: the exact time is one customer's
    values = ", ".join(f"{texts.get(field.name, 'NULL')} AS `{field.name}`" for field in contract.schema)
    spark.sql(f"INSERT INTO {name} SELECT {values}")
    shown = str(spark.sql(f"SELECT readable_metrics FROM {name}.files").collect())
    assert "12345" not in shown and "one@" not in shown and "2019" not in shown
    assert "DE" in shown, "of what is not personal there are some"
    assert ddl.apply(spark, name, contract) == []
    spark.sql(f"DROP TABLE {name}")
