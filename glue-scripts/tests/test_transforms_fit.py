"""What every transform of files makes fits its contract, before there is a file: told without data, in seconds."""

import pytest
from pyspark.sql import SparkSession

from dataplatform import quality
from dataplatform.contracts import Contracts
from dataplatform.reading import lines
from dataplatform.transforms import find
from dataplatform.transforms.kinds import LineTransform


def test_every_transform_makes_the_columns_of_its_contract(spark: SparkSession, contracts: Contracts) -> None:
    filed = [one for one in contracts.pipelines.values() if contracts.get(one.raw).header]
    assert filed
    for pipeline in filed:
        raw, processed = contracts.get(pipeline.raw), contracts.get(pipeline.processed)
        empty = lines.trimmed(lines.read(spark, [], raw.header), raw.header)
        made = find(LineTransform, processed).clean(empty)
        assert quality.conform(made, processed).schema.fieldNames() == processed.names
        assert {"reason", "error", "payload"} <= set(made.columns)


def test_a_column_of_another_type_is_named(spark: SparkSession, contracts: Contracts) -> None:
    raw, processed = contracts.get("raw.products"), contracts.get("processed.products")
    empty = lines.trimmed(lines.read(spark, [], raw.header), raw.header)
    made = find(LineTransform, processed).clean(empty).withColumnRenamed("title", "name")
    with pytest.raises(quality.QualityError, match=r"processed\.products: .*title: missing, not string"):
        quality.conform(made, processed)
