"""What a dataset's module declares as ``TRANSFORM``: the functions and columns of it that the stages use.

The parts are named, and those that may be left out have a default. A name that is misspelt is an argument that there is
not, so the module cannot be imported; what is held against the dataset's contract, ``find`` refuses.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pyspark.sql import Column, DataFrame

from dataplatform.transforms.pseudonyms import KEY as PSEUDONYM


class Dataset(Protocol):
    """What is known of a dataset here: a part of its contract."""

    @property
    def id(self) -> str:
        """Return ``<layer>.<dataset>``."""

    @property
    def layer(self) -> str:
        """Return the layer."""

    @property
    def dataset(self) -> str:
        """Return the dataset's name."""

    @property
    def names(self) -> list[str]:
        """Return the columns."""

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Return the columns of the key."""

    @property
    def upstream(self) -> tuple[str, ...]:
        """Return the ids of the datasets that it is made from."""


class Transform(Protocol):
    """What every kind of transform can do."""

    def problems(self, contract: Dataset) -> Iterator[str]:
        """Say what does not fit a contract."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """Fills what lines do not say themselves, from the cleaned lines of other files.

    Those are files whose events are at most ``history_days`` older. It is called only when a line needs it.
    """

    complete: Callable[[DataFrame, DataFrame], DataFrame]
    needs_history: Callable[[], Column]
    history_days: int

    def problems(self) -> Iterator[str]:
        """Say what cannot be called as it will be."""
        yield from _uncallable("complete", self.complete, "lines", "history")
        yield from _uncallable("needs_history", self.needs_history)


@dataclass(frozen=True, kw_only=True)
class LineTransform:
    """The transform of a processed dataset that comes as lines of files.

    ``clean`` takes the raw fields as trimmed text beside ``file_digest, line_number, arrival_time, reason, error`` and
    returns the contract's columns beside ``reason`` and ``error``; a line that cannot be used gets a reason, it is
    never dropped. The key of a line is made of its values by ``keys.add``.

    - ``restate`` takes processed rows that older rules have written and returns them as those in force write them. A
      dataset needs it when the rules of its keys change.
    - ``unknown`` says which lines name a country that no table of names has; a run counts them.
    - ``completion`` fills what a line itself does not say.
    - ``known_good`` are records that nothing is wrong with, as text by the header's names: when they raise as well, no
      file of a run is at fault.
    """

    clean: Callable[[DataFrame], DataFrame]
    restate: Callable[[DataFrame], DataFrame] | None = None
    unknown: Callable[[], Column] | None = None
    completion: Completion | None = None
    known_good: Sequence[Mapping[str, str]] = ()

    def problems(self, contract: Dataset) -> Iterator[str]:
        """Say what does not fit a contract."""
        yield from _uncallable("clean", self.clean, "lines")
        if self.restate:
            yield from _uncallable("restate", self.restate, "rows")
        if self.unknown:
            yield from _uncallable("unknown", self.unknown)
        if self.completion:
            yield from self.completion.problems()


@dataclass(frozen=True, kw_only=True)
class ObjectTransform:
    """The transform of a processed dataset of objects.

    ``describe`` takes raw rows, one an event, and returns the contract's columns but ``current_column``. ``current``
    takes all versions of whole objects and adds that column, which says whether a version is its object's current one.
    ``object_column`` names the object. ``lasting`` are the columns that a version keeps when it is gone: by them
    curated rows are found that it was part of.
    """

    describe: Callable[[DataFrame], DataFrame]
    current: Callable[[DataFrame], DataFrame]
    object_column: str
    current_column: str
    lasting: Sequence[str] = ()

    def problems(self, contract: Dataset) -> Iterator[str]:
        """Say what does not fit a contract."""
        yield from _uncallable("describe", self.describe, "rows")
        yield from _uncallable("current", self.current, "versions")
        yield from _absent((self.object_column, self.current_column, *self.lasting), contract.names)


@dataclass(frozen=True)
class RowCount:
    """A column whose sum is the number of source rows, or of those that meet a condition."""

    column: str
    where: Callable[[], Column] | None = None


@dataclass(frozen=True, kw_only=True)
class CuratedTransform:
    """The transform of a curated dataset.

    ``transform`` takes the processed rows of whole units and returns the contract's columns; a unit is an hour or a day
    or, for a contract without partitions, a key. The whole tables of the contract's other upstreams follow in its
    order: they change values, never which rows there are.

    - ``row_count`` is held against the source rows: in every unit when all of them count, over the table otherwise.
    - ``key`` has, by name of a key column, a function that returns it over the processed rows; a key column that is not
      there has the same name in them.
    - ``whole`` are tables whose rows depend on one another, so that every run computes them from all there is.
    - ``pseudonymous`` are tables with the customers' pseudonym in their key: the processed rows come with it, as the
      column ``customer_key``.
    """

    transform: Callable[..., DataFrame]
    row_count: RowCount | None = None
    key: Mapping[str, Callable[[], Column]] = field(default_factory=dict)
    whole: bool = False
    pseudonymous: bool = False

    def problems(self, contract: Dataset) -> Iterator[str]:
        """Say what does not fit a contract."""
        yield from _uncallable("transform", self.transform, *contract.upstream)
        if self.row_count:
            yield from _absent([self.row_count.column], contract.names)
            if self.row_count.where:
                yield from _uncallable("row_count", self.row_count.where)
        yield from _absent([*self.key, *([PSEUDONYM] if self.pseudonymous else [])], contract.primary_key, "key column")
        for name, made in self.key.items():
            yield from _uncallable(name, made)


@dataclass(frozen=True, kw_only=True)
class FeatureTransform:
    """The transform of a dataset of features, of which platforms with recommendations alone make tables.

    ``transform`` takes whole upstreams in the contract's order and returns the contract's columns as they were to be
    known at ``as_of``; what happens from then on changes nothing. One that is ``pseudonymous`` is given ``keyed``, too:
    it adds the column ``customer_key`` to rows with a ``customer_id``.
    """

    transform: Callable[..., DataFrame]
    pseudonymous: bool = False

    def problems(self, contract: Dataset) -> Iterator[str]:
        """Say what does not fit a contract."""
        more = {"keyed": ""} if self.pseudonymous else {}
        yield from _uncallable("transform", self.transform, *contract.upstream, as_of="", **more)


def _uncallable(name: str, function: Callable[..., object], *given: str, **named: str) -> Iterator[str]:
    try:
        inspect.signature(function).bind(*given, **named)
    except TypeError as error:
        yield f"{name} cannot be called with ({', '.join([*given, *named])}): {error}"


def _absent(used: Iterable[str], there: Sequence[str], what: str = "column") -> Iterator[str]:
    for name in used:
        if name not in there:
            yield f"{name} is no {what} of it, there are: {', '.join(there)}"
