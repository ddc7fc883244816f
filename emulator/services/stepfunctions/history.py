"""The end of an execution whose history is full, which no Catch sees.

See "Step Functions service quotas" in its developer guide: a standard execution has 25,000 events at most, the last of
which says that it has failed.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

from emulator.core.patch import wrap

EVENTS = 25_000

_FULL = ExecutionFailedEventDetails(
    error="States.Runtime", cause=f"The execution reached the maximum number of history events ({EVENTS})."
)
_ENDS = {
    HistoryEventType.ExecutionFailed,
    HistoryEventType.ExecutionSucceeded,
    HistoryEventType.ExecutionAborted,
    HistoryEventType.ExecutionTimedOut,
}


@wrap(Environment)
def __init__(moto: Any, self: Any, *args: Any, **kwargs: Any) -> None:
    """Lets the history know whose it is; frames of an execution have that of the whole."""
    moto(self, *args, **kwargs)
    self.event_manager.execution, self.event_manager.full = self, False
    self.event_manager.ended, self.event_manager.adding = False, threading.Lock()


@wrap(EventManager)
def add_event(moto: Any, self: Any, context: Any, event_type: Any, *args: Any, **kwargs: Any) -> Any:
    """Leaves room for the event that ends the execution, after which there is none, and ends it.

    The items of a Map add theirs beside each other.
    """
    with self.adding:
        if not self.ended and (event_type in _ENDS or len(self._history_event_list) < EVENTS - 1):
            self.ended = event_type in _ENDS
            return moto(self, context, event_type, *args, **kwargs)
        begins, self.full = not self.ended and not self.full, self.full or not self.ended
        last = len(self._history_event_list)
    if begins:
        self.execution.set_error(_FULL)
    return last


@wrap(Environment)
def set_error(moto: Any, self: Any, error: Any) -> None:
    """What fails because the execution has ended is not why it ended."""
    moto(self, _FULL if self.event_manager.full else error)
