"""One module a dataset: ``<layer>/<dataset>.py``. A new dataset adds its module here and nothing else.

A module under ``processed`` has

- ``clean(lines) -> DataFrame``: takes the raw fields as trimmed text beside ``line_key, file_digest, line_number,
  arrival_time, reason, error`` and returns the contract's columns beside ``reason`` and ``error``; a line that cannot
  be used gets a reason, it is never dropped;
- optionally ``unknown() -> Column``: says which lines name a country that no table of names has; a run counts them;
- optionally ``KNOWN_GOOD``, records that nothing is wrong with, as text by the header's names: when they raise as well,
  no file of a run is at fault;
- optionally ``complete(lines, history) -> DataFrame``, ``needs_history() -> Column`` and ``HISTORY_DAYS``: fill what a
  line itself does not say from the cleaned lines of other files, those whose events are at most so many days older. It
  is called only when a line needs it.

A module under ``processed`` of a dataset of objects has

- ``describe(rows) -> DataFrame``: takes raw rows, one an event, and returns the contract's columns but ``CURRENT``;
- ``current(versions) -> DataFrame``: takes all versions of whole objects and adds the column ``CURRENT``;
- ``OBJECT`` and ``CURRENT``, the columns that name the object and say whether the version is its current one;
- ``LASTING``, the columns that a version keeps when it is gone: by them curated rows are found that it was part of.

A module under ``curated`` has

- ``transform(source, *lookups) -> DataFrame``: takes the processed rows of whole units and returns the contract's
  columns; a unit is an hour or a day or, for a contract without partitions, a key. Lookups are the whole tables of the
  contract's other upstreams, in its order; they change values, never which rows there are;
- optionally ``ROWS``, the column whose sum over a unit must equal the number of source rows;
- or ``COUNTED``, a column and a function that returns a condition: its sum over the table is the number of source rows
  that meet it;
- optionally ``KEY``, by name of a key column a function that returns it as a Column over the processed rows; a key
  column that is not named there has the same name in them.

A module under ``features``, of which platforms with recommendations alone make tables, has

- ``transform(*upstreams, as_of) -> DataFrame``: takes whole upstreams in the contract's order and returns the
  contract's columns as they were to be known at ``as_of``; what happens from then on changes nothing.

``verdict`` and ``once`` here and modules beside the datasets' own hold what several of them share.
"""

import importlib
from types import ModuleType


class UnknownDatasetError(LookupError):
    """A dataset has a contract but no transform."""


def find(layer: str, dataset: str) -> ModuleType:
    """Return the transform of a dataset; raise UnknownDatasetError when there is none."""
    name = f"{__name__}.{layer}.{dataset}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise UnknownDatasetError(f"{layer}.{dataset} has no transform: {name} does not exist") from error
