"""One module a dataset: ``<layer>/<dataset>.py``. A new dataset adds its module here and nothing else.

A module declares as ``TRANSFORM`` what the stages use of it, as one of the classes in ``kinds``, which say what each
part is:

- under ``processed`` a ``LineTransform``, or for a dataset of objects an ``ObjectTransform``;
- under ``curated`` a ``CuratedTransform``;
- under ``features`` a ``FeatureTransform``.

``keys``, ``verdict`` and ``once`` here and modules beside the datasets' own hold what several of them share.
"""

import importlib
from typing import TypeVar

from dataplatform.transforms.kinds import Dataset, Transform

Kind = TypeVar("Kind", bound=Transform)


class UnknownDatasetError(LookupError):
    """A dataset has a contract but no transform."""


class InvalidTransformError(TypeError):
    """A dataset's module does not declare what the stages need of it."""


def find(kind: type[Kind], contract: Dataset) -> Kind:
    """Return the transform of a dataset.

    Raise UnknownDatasetError when there is none, and InvalidTransformError when it is of another kind or does not fit
    the contract.
    """
    name = f"{__name__}.{contract.layer}.{contract.dataset}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise UnknownDatasetError(f"{contract.id} has no transform: {name} does not exist") from error
    declared = vars(module).get("TRANSFORM")
    if not isinstance(declared, kind):
        raise InvalidTransformError(f"{name} must declare TRANSFORM, a {kind.__name__}, and declares {declared!r}")
    if problems := list(declared.problems(contract)):
        raise InvalidTransformError(f"{name} does not fit the contract {contract.id}: {'; '.join(problems)}")
    return declared
