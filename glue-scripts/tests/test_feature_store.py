"""Records of the feature store, put by a client that notes them."""

import threading

import pytest
from pyspark.sql import SparkSession

from dataplatform.stages.feature_store import OfflineStore


class Client:
    """SageMaker's runtime."""

    def __init__(self, refuse: str = "") -> None:
        self.put: list[dict] = []
        self._refuse, self._lock = refuse, threading.Lock()

    def put_record(self, **given: object) -> None:
        if {"FeatureName": "id", "ValueAsString": self._refuse} in given["Record"]:
            raise RuntimeError("no such group")
        with self._lock:
            self.put.append(given)


def test_each_row_is_a_record_of_the_offline_store(spark: SparkSession) -> None:
    rows = spark.sql(
        "SELECT CAST(id AS string) AS id, timestamp_seconds(id) AS at, IF(id = 1, NULL, 1.5D) AS x FROM range(2500)"
    )
    client = Client()
    assert OfflineStore(client).put("g", rows) == 2500
    assert {(one["FeatureGroupName"], *one["TargetStores"]) for one in client.put} == {("g", "OfflineStore")}
    found = {one["Record"][0]["ValueAsString"]: one["Record"][1:] for one in client.put}
    assert len(found) == 2500
    at = {"FeatureName": "at", "ValueAsString": "1970-01-01T00:00:01Z"}
    assert found["1"] == [at]
    assert found["7"][1] == {"FeatureName": "x", "ValueAsString": "1.5"}


def test_a_refused_record_fails_the_run(spark: SparkSession) -> None:
    with pytest.raises(RuntimeError, match="no such group"):
        OfflineStore(Client("3")).put("g", spark.sql("SELECT CAST(id AS string) AS id FROM range(5)"))
