"""How a job tells that it failed: Glue shows a run's last exception in its console and its events, and logs it.

What outside software says of an error may quote a row, so of that only the name is kept, with the lines of code that it
came through. Our own errors say nothing of data.
"""

import logging
import traceback
from collections.abc import Callable

from dataplatform.reading import unreadable

LOG = logging.getLogger(__name__)


class JobFailedError(RuntimeError):
    """A job's end by an error of outside software, of which only the name is kept."""


def run(main: Callable[[], None]) -> None:
    """Run a job's main; raise what it raises if that is our own, and else JobFailedError."""
    try:
        main()
    except Exception as error:
        if _ours(error):
            raise
        LOG.error("%s\n%s", unreadable.name(error), "".join(traceback.format_tb(error.__traceback__)))
        failed = JobFailedError(unreadable.name(error))
    else:
        return
    raise failed  # outside of the handler: nothing of the error goes along as its context


def _ours(error: BaseException | None) -> bool:
    """Say whether an error, and each that led to it, is one of this package: a traceback tells all of them."""
    while error is not None:
        if not type(error).__module__.startswith(__package__):
            return False
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return True
