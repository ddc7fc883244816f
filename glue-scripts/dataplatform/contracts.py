"""The dataset contracts, as the bundle that is packed beside this package says them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any

from pyspark.sql.types import StructType

BUNDLE = "contracts.json"
FEATURES = "features"  # the layer that a platform has only with recommendations
OBJECTS = "objects"  # the source of a raw dataset that a function writes of objects' events


@dataclass(frozen=True)
class Pipeline:
    """The stages of one source dataset; ids are ``<layer>.<dataset>``.

    ``beside`` are the raw datasets of the source's files in other forms, which the same job processes.
    """

    name: str
    raw: str
    beside: tuple[str, ...]
    processed: str
    curated: tuple[str, ...]
    streaming: bool


@dataclass(frozen=True)
class Partition:
    """A partition field of a table: its source column and Iceberg transform."""

    column: str
    transform: str


@dataclass(frozen=True)
class Known:
    """The headers of a dataset's versions, and what they called columns by the names these have now."""

    headers: tuple[tuple[str, ...], ...] = ()
    former: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Every name that a column has or had."""
        return list(dict.fromkeys(name for header in self.headers for name in header))

    def of(self, column: str) -> tuple[str, ...]:
        """Return the names of a column, the one that it has now first."""
        return (column, *self.former.get(column, ()))


@dataclass(frozen=True)
class Contract:
    """One dataset in one layer."""

    id: str
    layer: str
    dataset: str
    version: str
    format: str
    source: str
    columns: tuple[Mapping[str, Any], ...]
    schema: StructType
    primary_key: tuple[str, ...]
    partitions: tuple[Partition, ...]
    sort_by: tuple[str, ...]
    ended: tuple[str, ...]
    upstream: tuple[str, ...]
    quality: tuple[Mapping[str, Any], ...]
    header: tuple[str, ...]
    headers: tuple[tuple[str, ...], ...]
    former: Mapping[str, tuple[str, ...]]
    mappings: Mapping[str, Mapping[str, Any]]
    properties: Mapping[str, str]
    retention_days: int

    @property
    def known(self) -> Known:
        """The headers of CSV files of all versions, the contract's own first."""
        return Known(self.headers, self.former)

    @property
    def names(self) -> list[str]:
        """The column names in the contract's order."""
        return self.schema.fieldNames()

    @property
    def unit(self) -> str:
        """What a curated table is recomputed by: ``day`` or ``hour`` of event time, or ``key`` without partitions."""
        if not self.partitions:
            return "key"
        return "day" if self.schema[self.unit_column].dataType.simpleString() == "date" else "hour"

    @property
    def unit_column(self) -> str:
        """The column of a partitioned curated table that holds its unit of event time."""
        return self.partitions[0].column

    @property
    def event_time(self) -> str:
        """The event time column of a processed table."""
        timed = [part.column for part in self.partitions if part.transform in ("hour", "day", "month")]
        return timed[0] if timed else "event_time"


@dataclass(frozen=True)
class Contracts:
    """The whole bundle."""

    hash: str
    reasons: tuple[str, ...]
    pipelines: Mapping[str, Pipeline]
    contracts: Mapping[str, Contract]

    def pipeline(self, name: str) -> Pipeline:
        """Return a pipeline by name; raise LookupError naming those there are."""
        if name not in self.pipelines:
            raise LookupError(f"no pipeline {name!r} in the contracts, there are: {', '.join(sorted(self.pipelines))}")
        return self.pipelines[name]

    def get(self, contract_id: str) -> Contract:
        """Return a contract by id; raise LookupError naming those there are."""
        if contract_id not in self.contracts:
            raise LookupError(f"no contract {contract_id!r}, there are: {', '.join(sorted(self.contracts))}")
        return self.contracts[contract_id]

    def iceberg(self, layer: str = "") -> list[Contract]:
        """Return the contracts whose data are Iceberg tables, of one layer or of all, by id."""
        found = [self.contracts[key] for key in sorted(self.contracts)]
        return [one for one in found if one.format == "iceberg" and layer in ("", one.layer)]

    def without_features(self) -> "Contracts":
        """Return those of a platform without recommendations: not the features, nor what is computed from them."""
        needing = {key for key, one in self.contracts.items() if one.layer == FEATURES}
        while more := {key for key, one in self.contracts.items() if needing & set(one.upstream)} - needing:
            needing |= more
        return replace(self, contracts={key: one for key, one in self.contracts.items() if key not in needing})


def load(features: bool = False) -> Contracts:
    """Read the bundle that is packed with the library: what every platform has, or what one with features has."""
    bundle = _read()
    return bundle if features else bundle.without_features()


def _read() -> Contracts:
    """Read the bundle in the library archive, in the package or beside it."""
    package: Any = resources.files("dataplatform")  # a path or a place in an archive: both have a parent
    for folder in (package, package.parent):
        place = folder.joinpath(BUNDLE)
        if place.is_file():
            return parse(place.read_text(encoding="utf-8"))
    raise FileNotFoundError(f"{BUNDLE} is not packed with the dataplatform package at {package}")


def parse(text: str) -> Contracts:
    """Read a bundle."""
    bundle = json.loads(text)
    return Contracts(
        hash=bundle["hash"],
        reasons=tuple(_code(reason) for reason in bundle["reasons"]),
        pipelines={one["name"]: _pipeline(one) for one in bundle["pipelines"]},
        contracts={key: _contract(one) for key, one in bundle["contracts"].items()},
    )


def _code(reason: Any) -> str:
    return str(reason["code"] if isinstance(reason, Mapping) else reason)


def _pipeline(one: Mapping[str, Any]) -> Pipeline:
    return Pipeline(
        name=one["name"],
        raw=one["raw"],
        beside=tuple(one["beside"]),
        processed=one["processed"],
        curated=tuple(one.get("curated") or ()),
        streaming=bool(one.get("streaming")),
    )


def _contract(one: Mapping[str, Any]) -> Contract:
    return Contract(
        id=one["id"],
        layer=one["layer"],
        dataset=one["dataset"],
        version=one["version"],
        format=one["format"],
        source=one.get("source", ""),
        columns=tuple(one["columns"]),
        schema=StructType.fromJson(one["sparkSchema"]),
        primary_key=tuple(one.get("primaryKey") or ()),
        partitions=tuple(Partition(part["column"], part["transform"]) for part in one.get("partitions") or ()),
        sort_by=tuple(one.get("sortBy") or ()),
        ended=tuple(one.get("ended") or ()),
        upstream=tuple(one.get("upstream") or ()),
        quality=tuple(one.get("quality") or ()),
        header=tuple(one.get("header") or ()),
        headers=tuple(tuple(header) for header in (one.get("header") or (), *(one.get("headers") or ()))),
        former={column["name"]: tuple(column["formerly"]) for column in one["columns"] if column.get("formerly")},
        mappings={mapping["source"]: mapping for mapping in one.get("mappings") or ()},
        properties=one.get("properties") or {},
        retention_days=one.get("retentionDays", 0),
    )
