"""Pseudonyms: the same in Spark and plain Python, shown nowhere, made anew for another secret, and not counted out."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5, sha1, sha256, sha512
from pathlib import Path
from typing import Any

import pytest
from conftest import Platform
from lake import SECRET
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from test_features_runs import after_the_cut, before_the_cut, stage_of
from test_master_runs import HOURS, customer, land
from test_sales_runs import DAYS, file, land_three_days, line

from dataplatform import kms
from dataplatform.engine.iceberg import Table
from dataplatform.stages.curated_tables import UnknownSecretError
from dataplatform.transforms.pseudonyms import PROPERTY, Secret

CASES = json.loads((Path(__file__).parent / "cases" / "pseudonyms.json").read_text(encoding="utf-8"))
OTHER = Secret(2, b"another secret")
CANDIDATES = 1_000_000


class Kms:
    """Answers as KMS does, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def generate_mac(self, **given: Any) -> dict[str, Any]:
        self.asked.append(given)
        return {"Mac": sha256(given["Message"]).digest()}


def test_spark_and_python_say_the_same(spark: SparkSession) -> None:
    for key in sorted({case["key"] for case in CASES}):
        secret, mine = Secret(1, bytes.fromhex(key)), [case for case in CASES if case["key"] == key]
        rows = spark.createDataFrame([(case["number"],) for case in mine], "customer_id string")
        made = {row["customer_id"]: row["customer_key"] for row in secret.add(rows).collect()}
        assert made == {case["number"]: case["pseudonym"] for case in mine}
        assert all(secret.name(case["number"]) == case["pseudonym"] for case in mine)


def test_nobody_has_no_pseudonym(spark: SparkSession) -> None:
    made = SECRET.add(spark.createDataFrame([(None, 1)], "customer_id string, n int"))
    assert made.columns == ["customer_id", "n", "customer_key"]
    assert made.first()["customer_key"] is None


def forms(key: bytes) -> set[str]:
    """Each writing of a key, and of what HMAC makes of it first, that a plan or a message could have."""
    padded = key.ljust(64, b"\0")
    texts = set[str]()
    for one in (key, *(bytes(sign ^ pad for sign in padded) for pad in (0x36, 0x5C))):
        spaced = " ".join(f"{sign:02x}" for sign in one[:8])
        signed = ", ".join(str(sign - 256 if sign > 127 else sign) for sign in one[:8])
        texts |= {one[:16].hex(), base64.b64encode(one).decode()[:20], spaced, signed, one[:16].decode("latin-1")}
    return {text.casefold() for text in texts}


def test_no_plan_code_or_error_shows_the_key(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("1", "x"), ("2", "y")], "customer_id string, text string")
    made = SECRET.add(rows).groupBy("customer_key").agg(F.max("text").alias("text"))
    execution, explained = made._jdf.queryExecution(), spark._jvm.PythonSQLUtils.explainString
    shown = [explained(execution, mode) for mode in ("extended", "cost", "codegen", "formatted")]
    shown.append(execution.toRdd().toDebugString())
    with pytest.raises(Py4JJavaError) as caught:
        SECRET.add(rows).select(F.raise_error(F.concat(F.lit("at "), "customer_key"))).collect()
    shown += [str(caught.value), repr(SECRET), str(Kms())]
    said = "\n".join(shown).casefold()
    assert "customer_key" in said
    assert not [form for form in forms(SECRET.key) if form in said]


def test_the_secret_comes_from_kms_by_its_version() -> None:
    asked = Kms()
    assert kms.secret(["--stage", "curate"], asked) is None
    assert not asked.asked
    given = ["--pseudonym_key", "arn:aws:kms:x", "--pseudonym_version", "2"]
    found = kms.secret(given, asked)
    assert asked.asked == [
        {"KeyId": "arn:aws:kms:x", "MacAlgorithm": "HMAC_SHA_256", "Message": b"dataplatform/pseudonyms/2"}
    ]
    assert found == Secret(2, sha256(b"dataplatform/pseudonyms/2").digest())
    assert [one.version for one in kms.secrets(given, asked)] == [2, 1], "what was made before can be found"
    for wrong in (given[:2], given[2:], [*given[:3], "0"]):
        with pytest.raises(ValueError, match="are given together"):
            kms.secret(wrong, asked)


def test_a_job_without_a_key_makes_no_table_of_pseudonyms(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conftest.SECRET", None)
    land_three_days(platform)
    platform.process(DAYS[0]).run()
    with pytest.raises(UnknownSecretError, match="curated.customer_value knows customers by pseudonyms"):
        platform.curate(DAYS[0]).run()


def keys_of(table: DataFrame, name: str = "customer_key") -> set[str]:
    return {row[name] for row in table.select(name).collect()}


def test_another_secret_names_every_customer_anew(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows that nothing touches are made anew with those that a run's files touch, once."""
    platform.ledger.land(file(line(1, 1, 8), line(2, 1, 9).replace("17850.0", "7")), "2010-12-01T10:00:00Z")
    platform.run(DAYS[0])
    before = platform.table("curated.customer_value").drop("customer_key").collect()
    assert keys_of(platform.table("curated.customer_value")) == {SECRET.name("17850"), SECRET.name("7")}

    monkeypatch.setattr("conftest.SECRET", OTHER)
    platform.ledger.land(file(line(3, 2, 8).replace("17850.0", "9")), "2010-12-02T10:00:00Z")
    platform.run(DAYS[1])
    after = platform.table("curated.customer_value")
    assert keys_of(after) == {OTHER.name(number) for number in ("17850", "7", "9")}
    untouched = after.where(F.col("customer_key") != OTHER.name("9")).drop("customer_key").collect()
    assert sorted(untouched, key=str) == sorted(before, key=str)
    table = Table(platform.spark, platform.made["curated.customer_value"])
    assert table.properties()[PROPERTY] == OTHER.mark

    main = table.main()
    platform.curate(DAYS[1]).run()
    assert table.main() == main, "it is done once"


def test_features_of_another_secret_go(platform: Platform) -> None:
    before_the_cut(platform)
    after_the_cut(platform)
    stage_of(platform).run()
    later = replace(stage_of(platform, run="r2", as_of=datetime(2026, 3, 6, tzinfo=UTC)), secret=OTHER)
    later.run()
    rows = platform.table("features.interactions").where("party_kind = 'customer'")
    assert keys_of(rows, "party_key") == {OTHER.name("7"), OTHER.name("9")}


def unkeyed(number: str) -> Iterator[str]:
    """Each hash of a number that anybody can make and that stood in a table, or could."""
    for text in (f"customer:{number}", number, f"{number}.0"):
        said = text.encode()
        for made in (sha256(said), sha1(said, usedforsecurity=False), md5(said, usedforsecurity=False), sha512(said)):
            yield made.hexdigest()


def test_no_column_without_personal_data_can_be_counted_out(platform: Platform) -> None:
    """Whoever may not see personal data computes whatever can be computed of each number that a customer may have."""
    platform.ledger.land(file(line(1, 1, 8), line(2, 1, 9).replace("17850.0", "7")), "2010-12-01T10:00:00Z")
    platform.run(DAYS[0])
    land(platform, "customers", "2010-12-01T06:10:00Z", customer("17850.0", "2010-12-01T06:00:00", "France"))
    platform.run(HOURS[0], "customers")
    seen, lines = set[str](), list[dict[str, Any]]()
    for name in ("processed.sales", "processed.customers", "curated.customer_value", "curated.customers_current"):
        contract = platform.contracts.get(name)
        public = [one["name"] for one in contract.columns if one["classification"] != "pii"]
        rows = [row.asDict() for row in platform.table(name).select(*public).collect()]
        assert rows, name
        seen |= {str(value) for row in rows for value in row.values()}
        lines += rows if name == "processed.sales" else []
    hashes = {one[:32] for one in seen if re.fullmatch("[0-9a-f]{32,128}", one)}
    assert hashes, "there are pseudonyms"
    found = [number for number in map(str, range(CANDIDATES)) if any(one[:32] in hashes for one in unkeyed(number))]
    assert not found
    said = [_said(row) for row in lines]
    of_lines = [
        number
        for number in map(str, range(17_000, 18_000))
        if any(sha256(one.replace("?", number).encode()).hexdigest()[:32] in hashes for one in said)
    ]
    assert not of_lines


def _said(row: dict[str, Any]) -> str:
    """What a line's key is made of, its customer open."""
    micros = int(row["invoice_time"].timestamp()) * 1_000_000
    fields = (row["invoice_no"], row["stock_code"], row["description"], row["quantity"], micros, row["unit_price"])
    return "\x1f".join(map(str, (*fields, "?", row["country"])))
