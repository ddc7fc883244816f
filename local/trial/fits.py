"""Holds transforms and rules against the contracts on empty frames: what a first run would say, without data."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession

from dataplatform import quality, table_rules
from dataplatform.contracts import FEATURES, OBJECTS, Contract, Contracts
from dataplatform.reading import lines
from dataplatform.transforms import InvalidTransformError, UnknownDatasetError, find
from dataplatform.transforms.kinds import CuratedTransform, FeatureTransform, LineTransform, ObjectTransform
from dataplatform.transforms.pseudonyms import Secret

_SECRET = Secret(1, b"of nobody")
_AS_OF = datetime(2026, 1, 31, tzinfo=UTC)


def held(contracts: Contracts, ids: Sequence[str]) -> list[Contract]:
    """Return the contracts that a job computes by a transform, of those that are named or made of one that is."""
    return [one for one in contracts.iceberg() if _transformed(contracts, one) and {one.id, *one.upstream} & set(ids)]


def _transformed(contracts: Contracts, contract: Contract) -> bool:
    """Whether a job computes it, and no function or model."""
    [first, *_] = [contracts.get(one) for one in contract.upstream]
    return contract.layer != "curated" or first.layer != FEATURES


def problems(spark: SparkSession, contracts: Contracts, held: Sequence[Contract]) -> Iterator[str]:
    """Say what of their transforms and rules does not fit, each in a line."""
    for contract in held:
        try:
            rows = quality.conform(made(spark, contracts, contract), contract)
            for rule in contract.quality:
                if (broken := table_rules.broken_by(rule)) is not None:
                    rows.where(broken)
        except (AnalysisException, ParseException) as error:
            # What follows the first line is the plan.
            yield f"{contract.id}: {str(error).splitlines()[0]}"
        except (quality.QualityError, InvalidTransformError, UnknownDatasetError) as error:
            said = str(error)
            yield said if said.startswith(contract.id) else f"{contract.id}: {said}"


def made(spark: SparkSession, contracts: Contracts, contract: Contract) -> DataFrame:
    """Return what a contract's transform makes of nothing."""

    def empty(of: Contract) -> DataFrame:
        return spark.createDataFrame([], of.schema)

    upstream = [contracts.get(one) for one in contract.upstream]
    if contract.layer == FEATURES:
        features = find(FeatureTransform, contract)
        more = {"keyed": _SECRET.add} if features.pseudonymous else {}
        return features.transform(*map(empty, upstream), as_of=_AS_OF, **more)
    if contract.layer != "processed":
        curated = find(CuratedTransform, contract)
        first, *others = map(empty, upstream)
        return curated.transform(_SECRET.add(first) if curated.pseudonymous else first, *others)
    [raw, *_] = upstream
    if raw.source == OBJECTS:
        transform = find(ObjectTransform, contract)
        return transform.current(transform.describe(empty(raw)))
    text = lines.trimmed(lines.read(spark, [], raw.header), raw.header)
    return find(LineTransform, contract).clean(text)
