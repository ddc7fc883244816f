"""What the engine does when the server says that it has no node, without a server."""

from typing import Any

import pytest
from trino.client import ClientSession
from trino.exceptions import TrinoQueryError

from emulator.services.athena import engine
from emulator.services.athena.engine import Engine, Running


class Query:
    def __init__(self, answer: list[list[int]] | str) -> None:
        self._answer, self.query_id = answer, "1"

    def execute(self) -> list[list[int]]:
        if isinstance(self._answer, str):
            raise TrinoQueryError({"errorName": self._answer, "message": "", "errorType": "INTERNAL_ERROR"}, "1")
        return self._answer


class Server:
    """Answers one query after the other."""

    def __init__(self, *answers: list[list[int]] | str) -> None:
        self.answers = list(answers)

    def query(self, sql: str, session: ClientSession) -> Query:
        return Query(self.answers.pop(0))


def _ask(server: Any) -> list[list[Any]]:
    _, rows = Engine(server)._rows("SELECT 1", ClientSession(user="a"), Running())
    return rows


def test_a_query_waits_for_the_node() -> None:
    server = Server("NO_NODES_AVAILABLE", "NO_NODES_AVAILABLE", [[1]])
    assert _ask(server) == [[1]]
    assert server.answers == []


def test_another_error_is_told_at_once() -> None:
    server = Server("TABLE_NOT_FOUND", [[1]])
    with pytest.raises(TrinoQueryError, match="TABLE_NOT_FOUND"):
        _ask(server)
    assert server.answers == [[[1]]]


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_NODE_SECONDS", -1)
    with pytest.raises(TrinoQueryError, match="NO_NODES_AVAILABLE"):
        _ask(Server("NO_NODES_AVAILABLE", [[1]]))
