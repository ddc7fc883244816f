"""Finds the files that a step raises for, so that they are put apart and their neighbours go on."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from dataplatform.engine.ledger import File

LOG = logging.getLogger(__name__)

# An error's text may hold a whole line of a file; what is longer helps nobody.
_TEXT = 300
_NAME = re.compile(r"(?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*(?:Exception|Error)\b")

Made = TypeVar("Made")


def by_halves(
    files: Sequence[File],
    attempt: Callable[[Sequence[File]], Made],
    control: Callable[[], object],
    suspects: Callable[[Sequence[File]], Iterable[Sequence[File]]] = lambda _: [],
) -> tuple[list[Made], dict[File, Exception]]:
    """Return what ``attempt`` makes of all files it does not raise for, and the errors of those it raises for alone.

    Without an error it is called once. After the first one ``suspects`` may name files, and more of them when asked
    again; they are to blame when all others pass together and they do not, each alone. Else ``control`` has to succeed,
    which does the same with what is known to be good: when storage, rights or the code are at fault it raises as well,
    and no file is.
    """
    try:
        return [attempt(files)], {}
    except Exception as error:
        LOG.warning("%d files raise together: %s", len(files), name(error))
        for suspected in suspects(files) if len(files) > 1 else []:
            others = [file for file in files if file not in suspected]
            try:
                made = [attempt(others)] if others else []
            except Exception as again:
                LOG.info("%d files without suspects raise together: %s", len(others), name(again))
                continue
            if made:
                return _each(suspected, attempt, made)
        try:
            control()
        except Exception:
            raise error from None
        if len(files) == 1:  # once more: what passes is no fault of the file
            return _alone(files[0], attempt)
    return _halved(files, attempt)


def _each(
    files: Sequence[File], attempt: Callable[[Sequence[File]], Made], made: list[Made]
) -> tuple[list[Made], dict[File, Exception]]:
    raised: dict[File, Exception] = {}
    for file in files:
        more, errors = _alone(file, attempt)
        made += more
        raised.update(errors)
    return made, raised


def _halved(
    files: Sequence[File], attempt: Callable[[Sequence[File]], Made]
) -> tuple[list[Made], dict[File, Exception]]:
    made: list[Made] = []
    raised: dict[File, Exception] = {}
    middle = len(files) // 2
    for half in (files[:middle], files[middle:]):
        if len(half) == 1:
            more, errors = _alone(half[0], attempt)
        else:
            try:
                more, errors = [attempt(half)], {}
            except Exception as error:  # the same again, of fewer files
                LOG.info("%d files raise together: %s", len(half), name(error))
                more, errors = _halved(half, attempt)
        made += more
        raised.update(errors)
    return made, raised


def _alone(file: File, attempt: Callable[[Sequence[File]], Made]) -> tuple[list[Made], dict[File, Exception]]:
    try:
        return [attempt([file])], {}
    except Exception as error:  # which is what was looked for
        LOG.error("file %s of %s raises alone: %s", file.digest, file.arrival, name(error))
        return [], {file: error}


def name(error: Exception) -> str:
    """Return the name of the error that began it: nothing of the data, as its text may have."""
    _, _, failure = _message(error).partition("most recent failure:")
    found = _NAME.search(failure) if failure else None
    if found is None:
        found = next(iter(reversed(list(_NAME.finditer(_message(error))))), None)
    return found.group() if found else type(error).__name__


def text(error: Exception) -> str:
    """Return the error that began it in a line."""
    message = _message(error)
    _, _, failure = message.partition("most recent failure:")
    line = " ".join((failure or message).split())
    at = line.find(name(error))
    line = line[at:] if at >= 0 else f"{type(error).__name__}: {line}"
    return line if len(line) <= _TEXT else line[: _TEXT - 1] + "…"


def said(error: Exception) -> list[str]:
    """Return what an error says, and each of its causes in the JVM, the first one last."""
    cause = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    texts: list[str] = []
    while cause is not None:
        texts.append(f"{cause.getClass().getName()}: {cause.getMessage()}")
        cause = cause.getCause()
    return texts or [f"{type(error).__name__}: {error}"]


def _message(error: Exception) -> str:
    return said(error)[-1]
