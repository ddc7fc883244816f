"""What every transform makes fits its contract, before there is a file: seen without data, in seconds."""

from dataclasses import replace

import pytest
from pyspark.sql import DataFrame, SparkSession

from dataplatform.contracts import Contracts
from dataplatform.transforms.curated import sales_hourly
from dataplatform.transforms.kinds import CuratedTransform
from dataplatform.transforms.processed import products
from local.trial import fits


def test_every_transform_makes_the_columns_of_its_contract(spark: SparkSession, contracts: Contracts) -> None:
    held = fits.held(contracts, list(contracts.contracts))
    assert {one.layer for one in held} == {"processed", "curated", "features"}
    assert list(fits.problems(spark, contracts, held)) == []


def test_what_is_made_of_a_changed_contract_is_held_too(contracts: Contracts) -> None:
    held = {one.id for one in fits.held(contracts, ["processed.sales"])}
    assert {"processed.sales", "curated.sales_hourly"} <= held
    assert {one.id for one in fits.held(contracts, ["raw.sales"])} == {"processed.sales"}


def test_what_does_not_fit_is_named(spark: SparkSession, contracts: Contracts, monkeypatch: pytest.MonkeyPatch) -> None:
    sales, hourly = contracts.get("processed.products"), contracts.get("curated.sales_hourly")

    def renamed(lines: DataFrame) -> DataFrame:
        return clean(lines).withColumnRenamed("title", "name")

    def misspelt(rows: DataFrame, *_: DataFrame) -> DataFrame:
        return rows.groupBy("stok_code").count()

    clean = products.TRANSFORM.clean
    monkeypatch.setattr(products, "TRANSFORM", replace(products.TRANSFORM, clean=renamed))
    monkeypatch.setattr(sales_hourly, "TRANSFORM", CuratedTransform(transform=misspelt))
    of_rows = {**sales.quality[0], "kind": "expression", "expression": "title > 1 AND tittle <> ''", "columns": []}
    ruled = replace(contracts.get("processed.customers"), quality=(of_rows,))
    absent = replace(hourly, id="curated.nothing", dataset="nothing")
    found = list(fits.problems(spark, contracts, [sales, hourly, ruled, absent]))
    for problem, want in zip(
        found,
        [
            "processed.products: the transform's columns are not the contract's: title: missing, not string",
            "curated.sales_hourly: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column",
            "processed.customers: [UNRESOLVED_COLUMN",
            "curated.nothing has no transform",
        ],
        strict=True,
    ):
        assert problem.startswith(want)
        assert "\n" not in problem
