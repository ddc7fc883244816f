"""What the datasets' modules declare: each fits its contract, and what does not is refused before a job needs it."""

import re
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path

import pytest
from pyspark.sql import Column, DataFrame

from dataplatform import transforms
from dataplatform.contracts import FEATURES, OBJECTS, Contract, Contracts
from dataplatform.transforms import InvalidTransformError, UnknownDatasetError, find
from dataplatform.transforms.curated import product_funnel_hourly
from dataplatform.transforms.kinds import (
    Completion,
    CuratedTransform,
    FeatureTransform,
    LineTransform,
    ObjectTransform,
    RowCount,
    Transform,
)
from dataplatform.transforms.processed import assets, sales

KINDS = (LineTransform, ObjectTransform, CuratedTransform, FeatureTransform)


def declared(contracts: Contracts) -> list[tuple[type[Transform], Contract]]:
    """Every dataset that a job computes by a transform, and the kind that its stage asks for."""
    found: list[tuple[type[Transform], Contract]] = []
    for pipeline in contracts.pipelines.values():
        found += [(CuratedTransform, contracts.get(one)) for one in pipeline.curated]
        if not pipeline.streaming:
            objects = contracts.get(pipeline.raw).source == OBJECTS
            found.append((ObjectTransform if objects else LineTransform, contracts.get(pipeline.processed)))
    return found + [(FeatureTransform, one) for one in contracts.iceberg(FEATURES)]


def test_every_dataset_declares_what_its_stages_use(contracts: Contracts) -> None:
    found = {one.id: find(kind, one) for kind, one in declared(contracts)}
    assert {type(one) for one in found.values()} == set(KINDS)
    for pipeline in contracts.pipelines.values():
        if isinstance(made := found.get(pipeline.processed), LineTransform):
            header = set(contracts.get(pipeline.raw).header)
            assert all(set(one) == header for one in made.known_good), "by the names that a file's header has"


def test_no_module_declares_what_no_job_asks_for(contracts: Contracts) -> None:
    root = Path(transforms.__file__).parent
    modules = {
        f"{file.parent.name}.{file.stem}"
        for file in root.glob("*/*.py")
        if re.search("^TRANSFORM = ", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert modules == {one.id for _, one in declared(contracts)}


@pytest.mark.parametrize("kind", [*KINDS, Completion])
def test_a_misspelt_name_is_refused(kind: type) -> None:
    """``KEYY``, ``complte`` and the like were no error while the stages asked a module for what it happened to have."""
    right = {part.name: None for part in fields(kind)}
    kind(**right)
    for name in right:
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}e'"):
            kind(**right, **{f"{name}e": None})


def test_what_is_defined_is_declared(contracts: Contracts) -> None:
    """A function that is named like a part, and was forgotten in the declaration, would never be called."""
    for kind, contract in declared(contracts):
        module = import_module(f"{transforms.__name__}.{contract.id}")
        found = find(kind, contract)
        parts = {part.name: getattr(found, part.name) for part in fields(found)}
        if isinstance(found, LineTransform) and found.completion:
            parts |= {part.name: getattr(found.completion, part.name) for part in fields(Completion)}
        forgotten = [name for name in parts if vars(module).get(name) not in (None, parts[name])]
        assert not forgotten, f"{contract.id} defines {forgotten}, and does not declare them"


def one(_: object) -> DataFrame:
    raise AssertionError("not to be called")


def none() -> Column:
    raise AssertionError("not to be called")


def two(*_: object) -> DataFrame:
    raise AssertionError("not to be called")


@pytest.mark.parametrize(
    ("contract", "kind", "wrong", "message"),
    [
        ("processed.sales", LineTransform, None, "must declare TRANSFORM, a LineTransform, and declares None"),
        ("processed.sales", ObjectTransform, sales.TRANSFORM, "must declare TRANSFORM, a ObjectTransform"),
        ("processed.sales", LineTransform, LineTransform(clean=none), "clean cannot be called with (lines)"),
        ("processed.sales", LineTransform, LineTransform(clean=one, restate=none), "restate cannot be called"),
        ("processed.sales", LineTransform, LineTransform(clean=one, unknown=one), "unknown cannot be called with ()"),
        (
            "processed.sales",
            LineTransform,
            LineTransform(clean=one, completion=Completion(complete=one, needs_history=one, history_days=1)),
            "complete cannot be called with (lines, history): too many positional arguments; needs_history cannot",
        ),
        (
            "processed.assets",
            ObjectTransform,
            replace(assets.TRANSFORM, lasting=("product",)),
            "product is no column of it, there are: object_key, ",
        ),
        (
            "curated.customer_value",
            CuratedTransform,
            CuratedTransform(transform=one, key={"customer_kee": none}),
            "customer_kee is no key column of it, there are: customer_key",
        ),
        (
            "curated.customer_value",
            CuratedTransform,
            CuratedTransform(transform=one, key={"customer_key": one}),
            "customer_key cannot be called with ()",
        ),
        (
            "curated.sales_hourly",
            CuratedTransform,
            CuratedTransform(transform=two, pseudonymous=True),
            "customer_key is no key column of it, there are: hour_start, stock_code, country",
        ),
        (
            "curated.customer_value",
            CuratedTransform,
            CuratedTransform(transform=one, row_count=RowCount("line")),
            "line is no column of it",
        ),
        (
            "curated.product_funnel_hourly",
            CuratedTransform,
            replace(product_funnel_hourly.TRANSFORM, transform=one, row_count=RowCount("views", one)),
            "transform cannot be called with (processed.clicks, processed.products): too many positional arguments; ",
        ),
        ("features.products", FeatureTransform, FeatureTransform(transform=two), "got an unexpected keyword argument"),
    ],
)
def test_what_does_not_fit_is_refused(
    contracts: Contracts,
    monkeypatch: pytest.MonkeyPatch,
    contract: str,
    kind: type[Transform],
    wrong: object,
    message: str,
) -> None:
    monkeypatch.setattr(import_module(f"{transforms.__name__}.{contract}"), "TRANSFORM", wrong)
    with pytest.raises(InvalidTransformError, match=re.escape(message)):
        find(kind, contracts.get(contract))


def test_an_unknown_dataset_is_named(contracts: Contracts) -> None:
    unknown = replace(contracts.get("curated.sessions"), id="curated.nothing", dataset="nothing")
    with pytest.raises(UnknownDatasetError, match=r"curated\.nothing has no transform"):
        find(CuratedTransform, unknown)
