"""The lines of a run's files, cleaned and evaluated, without the files that cannot be."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform import quality
from dataplatform.contracts import Contract
from dataplatform.engine.ledger import File, Ledger
from dataplatform.reading import lines, texts, unreadable
from dataplatform.reading.suspects import read_last, suspects
from dataplatform.transforms import find
from dataplatform.transforms.kinds import Completion, LineTransform

LOG = logging.getLogger(__name__)

# A file that was processed so long before a run may serve as the control when another raises.
_CONTROL = timedelta(days=30)


class CountError(RuntimeError):
    """The job reads another number of records in a file than landing counted."""


@dataclass(frozen=True)
class Summary:
    """What lines sum up to; times are Unix seconds, None where there is no such line.

    Of unknown ones the transform says that they are good and name something that no table of ours has.
    """

    lines: int = 0
    bad: int = 0
    unfinished: int = 0
    unknown: int = 0
    unfinished_since: int | None = None
    unfinished_until: int | None = None
    first: int | None = None
    last: int | None = None

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(
            self.lines + other.lines,
            self.bad + other.bad,
            self.unfinished + other.unfinished,
            self.unknown + other.unknown,
            _of_both(min, self.unfinished_since, other.unfinished_since),
            _of_both(max, self.unfinished_until, other.unfinished_until),
            _of_both(min, self.first, other.first),
            _of_both(max, self.last, other.last),
        )


@dataclass(frozen=True)
class Part:
    """Evaluated lines that are kept in memory, and what those of each file sum up to, by its digest."""

    frame: DataFrame
    files: Mapping[str, Summary]


@dataclass(frozen=True)
class Failed:
    """Evaluated lines that cannot be computed, the rows that their files begin at, and why."""

    frame: DataFrame
    begins: Mapping[str, int]
    error: Exception


@dataclass(frozen=True)
class Cleaned:
    """The evaluated lines of the files that can be read, and the errors of the others."""

    lines: DataFrame
    files: list[File]
    by_file: Mapping[str, Summary]
    apart: Mapping[File, Exception]
    parts: Sequence[Part]

    @property
    def summary(self) -> Summary:
        """Return what all lines sum up to."""
        return sum((self.by_file[file.digest] for file in self.files if file.digest in self.by_file), Summary())

    def without(self, files: Sequence[File]) -> "Cleaned":
        """Return what was cleaned but for files."""
        if not files:
            return self
        gone = [file.digest for file in files]
        kept = [file for file in self.files if file.digest not in gone]
        return replace(self, lines=self.lines.where(~F.col("file_digest").isin(gone)), files=kept)

    def reasons(self, digests: Sequence[str]) -> dict[str, dict[str, int]]:
        """Count the bad lines of files by their reasons."""
        bad = self.lines.where(F.col("reason").isNotNull() & F.col("file_digest").isin(list(digests)))
        found: dict[str, dict[str, int]] = {digest: {} for digest in digests}
        for row in bad.groupBy("file_digest", "reason").count().collect():
            found[row["file_digest"]][row["reason"]] = row["count"]
        return found

    def release(self) -> None:
        """Give the memory of the lines back."""
        _release(self.parts)


class Cleaning:
    """Cleans files by the transform of a processed dataset."""

    def __init__(self, spark: SparkSession, ledger: Ledger, raw: Contract, processed: Contract) -> None:
        self._spark = spark
        self._ledger = ledger
        self._raw = raw
        self._processed = processed
        self._transform = find(LineTransform, processed)
        self._failed: Failed | None = None
        self._rest: tuple[list[File], DataFrame] | None = None
        self._completion = self._transform.completion
        self._unfinished = self._completion.needs_history() if self._completion else F.lit(False)
        self._unknown = self._transform.unknown() if self._transform.unknown else F.lit(False)

    def clean(self, files: list[File]) -> Cleaned:
        """Clean the files; what is wrong with one of them ends with that file put apart, not with an error."""
        parts, raised = unreadable.by_halves(files, self._evaluated, lambda: self._controlled(files), self._suspects)
        made = self._without(parts, files, raised | _miscounted(parts, files, raised))
        if not self._completion or not made.summary.unfinished:
            return made
        LOG.info("%s: %d lines need other files", self._raw.dataset, made.summary.unfinished)
        completed, raised = self._completed(self._completion, made, files)
        made.release()
        return self._without(completed, made.files, {**made.apart, **raised})

    def _evaluated(self, files: Sequence[File]) -> Part:
        """Evaluate the lines of files by what they say themselves, and keep the outcome."""
        self._failed = None
        begins: dict[str, int] = {}
        if self._rest and self._rest[0] == files:
            frame, self._rest = self._rest[1], None
        else:
            frame = self._verdict(self._fresh(files, begins))
        try:
            return self._kept(frame, self._unfinished)
        except Exception as error:
            self._failed = Failed(frame, begins, error)
            raise

    def _fresh(self, files: Sequence[File], begins: dict[str, int] | None = None) -> DataFrame:
        return self._transform.clean(self._read(files, begins))

    def _read(self, files: Sequence[File], begins: dict[str, int] | None = None) -> DataFrame:
        raw = self._raw
        read = lines.read(self._spark, files, raw.header, begins, mappings=raw.mappings, known=raw.known)
        return lines.trimmed(read, raw.header)

    def _verdict(self, cleaned: DataFrame) -> DataFrame:
        return _lean(quality.evaluate(cleaned, self._processed, self._unfinished), self._processed, self._unfinished)

    def _suspects(self, files: Sequence[File]) -> Iterator[list[File]]:
        """Yield the file that the attempt that raised had read last, mostly the only one, then what a search finds."""
        failed, self._failed = self._failed, None
        last = read_last(self._spark, failed.error, failed.begins) if failed else None
        first = [file for file in files if file.digest == last]
        if failed and first:
            # What was planned and looked through serves once more: the condition comes before all that is computed.
            others = [file for file in files if file not in first]
            self._rest = others, failed.frame.where(F.col("file_digest") != first[0].digest)
            yield first
            self._rest = None
        found = suspects(self._spark, files, self._read, lambda read: self._verdict(self._transform.clean(read)))
        yield from (some for some in found if some != first)

    def _controlled(self, files: Sequence[File]) -> None:
        """Clean what is known to be good: that raises when no file is at fault, but the code, the storage or rights.

        Those are lines of the transform's own in files of the same formats, and a file that an earlier run has
        processed; without one the storage has to give one of the files.
        """
        _release([self._evaluated(self._good(files))])
        end = datetime.fromisoformat(files[-1].arrival)
        earlier = self._ledger.arrived(self._raw.dataset, end - _CONTROL, end)
        own = {file.digest for file in files}
        found = [file for file in earlier if file.processed and file.digest not in own][-1:]
        if found:
            _release([self._evaluated(found)])
        else:
            texts.reach(self._spark, files)

    def _good(self, files: Sequence[File]) -> Sequence[File]:
        return texts.good(self._raw.header, self._transform.known_good, {file.format for file in files})

    def _without(self, parts: Sequence[Part], files: Sequence[File], apart: Mapping[File, Exception]) -> Cleaned:
        kept = [file for file in files if file not in apart]
        evaluated = reduce(DataFrame.unionByName, [part.frame for part in parts] or [self._evaluated([]).frame])
        if any(file.digest in part.files for part in parts for file in apart):
            evaluated = evaluated.where(F.col("file_digest").isin([file.digest for file in kept]))
        by_file = {digest: summary for part in parts for digest, summary in part.files.items()}
        return Cleaned(evaluated, kept, by_file, apart, parts)

    def _completed(
        self, completion: Completion, made: Cleaned, taken: Sequence[File]
    ) -> tuple[list[Part], dict[File, Exception]]:
        """Complete the lines that need other files; files of those may be unreadable as well, and are put apart."""
        others: dict[File, Exception] = {}
        own = {file.digest for file in taken}
        gone = own - {file.digest for file in made.files}

        def history(summary: Summary) -> list[File]:
            out = gone | {file.digest for file in others}
            return [file for file in self._history(completion, summary) if file.digest not in out]

        def attempt(files: Sequence[File]) -> Part:
            mine, summary = made.lines, made.summary
            if len(files) < len(made.files):
                mine = mine.where(F.col("file_digest").isin([file.digest for file in files]))
                summary = sum((made.by_file[file.digest] for file in files if file.digest in made.by_file), Summary())
            if summary.unfinished:
                mine = completion.complete(mine, self._fresh(history(summary)))
            return self._kept(quality.evaluate(mine, self._processed, F.lit(False)), F.lit(False))

        def control() -> None:
            """Look for the fault among the other files first: a good line would be blamed for theirs."""
            self._controlled(taken)
            good = self._good(taken)
            known = self._evaluated(good)
            completed = completion.complete(known.frame, self._fresh(good))
            _release([known, self._kept(quality.evaluate(completed, self._processed, F.lit(False)), F.lit(False))])
            beside = [file for file in history(made.summary) if file.digest not in own]
            if beside:
                checked, raised = unreadable.by_halves(beside, self._evaluated, lambda: None)
                _release(checked)
                others.update(raised)

        parts, raised = unreadable.by_halves(made.files, attempt, control)
        return parts, {**others, **raised}

    def _history(self, completion: Completion, summary: Summary) -> list[File]:
        start = _instant(summary.unfinished_since) - timedelta(days=completion.history_days + 1)
        end = _instant(summary.unfinished_until)
        found = self._ledger.arrived(self._raw.dataset, start, end)
        LOG.info("%s: reading %d files since %s", self._raw.dataset, len(found), start)
        return found

    def _kept(self, frame: DataFrame, unfinished: Column) -> Part:
        """Compute a frame now, whole, and keep it: an error shows here and nowhere later."""
        frame = frame.persist()
        try:
            return Part(frame, _by_file(frame, self._processed, unfinished, self._unknown))
        except Exception:
            frame.unpersist()
            raise


def _miscounted(
    parts: Sequence[Part], files: Sequence[File], raised: Mapping[File, Exception]
) -> dict[File, Exception]:
    """Return the files of which another number of records was read than landing counted."""
    read = {digest: summary.lines for part in parts for digest, summary in part.files.items()}
    wrong: dict[File, Exception] = {}
    for file in files:
        if file.records is None or file in raised:
            continue
        want, got = file.records - file.erased, read.get(file.digest, 0)
        if want != got:
            wrong[file] = CountError(f"landing counted {want} records, {got} were read")
    return wrong


def _lean(checked: DataFrame, processed: Contract, unfinished: Column) -> DataFrame:
    """Keep what the stage goes on with: of the raw text only that of lines that are or may yet be quarantined."""
    text = F.when(F.col("reason").isNotNull() | unfinished, F.col("payload")).alias("payload")
    return checked.select(*processed.names, "reason", "error", text)


def _by_file(checked: DataFrame, processed: Contract, unfinished: Column, unknown: Column) -> dict[str, Summary]:
    """Sum the lines of each file up."""
    good = F.col("reason").isNull()
    event_time = F.unix_seconds(F.col(processed.event_time))
    rows = checked.groupBy("file_digest").agg(
        F.count("*").alias("lines"),
        F.count_if(~good).alias("bad"),
        F.count_if(unfinished).alias("unfinished"),
        F.count_if(good & unknown).alias("unknown"),
        # Of a line from the future, what was known when it arrived.
        F.min(F.when(unfinished, F.least(event_time, F.unix_seconds("arrival_time")))).alias("unfinished_since"),
        F.max(F.when(unfinished, F.unix_seconds("arrival_time"))).alias("unfinished_until"),
        F.min(F.when(good, event_time)).alias("first"),
        F.max(F.when(good, event_time)).alias("last"),
    )
    return {row["file_digest"]: Summary(**{name: row[name] for name in _SUMS}) for row in rows.collect()}


_SUMS = tuple(field.name for field in fields(Summary))


def _instant(seconds: int | None) -> datetime:
    if seconds is None:
        raise ValueError("of no line, nothing says when it was")
    return datetime.fromtimestamp(seconds, UTC)


def _of_both(which: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return which(one, other)


def _release(parts: Iterable[Part]) -> None:
    for part in parts:
        part.frame.unpersist()
