"""What Lake Formation holds, as the rules of Trino's access control.

Trino fetches the rules by HTTP and keeps them for a tenth of a second. A query
whose rules have changed since is only handed over when they will be fetched
again, so that each is answered under the grants of its beginning.
"""

from __future__ import annotations

import re
import threading
import time
from typing import Any

from emulator.core import admin
from emulator.services.athena.names import ACCOUNT_USER
from emulator.services.athena.permissions import Permissions

Json = dict[str, Any]
Tables = dict[tuple[str, str], list[str]]

ROUTE = "/_local/trino/rules"
REFRESH_MILLISECONDS = 100


class Rules:
    """The rules of everybody who has asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, list[Json]] = {}
        self._fetched = 0.0
        self._changed = 0.0
        admin.route("GET", ROUTE, lambda _: self.document())

    def document(self) -> Json:
        """The document that Trino fetches."""
        with self._lock:
            self._fetched = time.monotonic()
            everything = {"user": ACCOUNT_USER, "privileges": ["SELECT"]}
            tables = [everything, *(rule for rules in self._of.values() for rule in rules)]
            return {"catalogs": [{"allow": "all"}], "tables": tables}

    def set(self, user: str, permissions: Permissions, tables: Tables) -> None:
        """Make the rules of a user hold for all queries that are started from now on."""
        rules = _rules(user, permissions, tables)
        with self._lock:
            if self._of.get(user) != rules:
                self._of[user] = rules
                self._changed = time.monotonic()
            # What was fetched before the change is kept for a period, from a moment that only Trino knows.
            known = self._fetched + 3 * REFRESH_MILLISECONDS / 1000 if self._fetched <= self._changed else 0.0
        time.sleep(max(0.0, known - time.monotonic()))


def _rules(user: str, permissions: Permissions, tables: Tables) -> list[Json]:
    """A rule for each table of which the user may read anything; there is none for the others, which denies them."""
    rules = []
    for (database, table), columns in sorted(tables.items()):
        if not permissions.sees(database, table, columns):
            continue
        found = permissions.access(database, table, columns)
        who = {"user": re.escape(user), "schema": re.escape(database), "privileges": ["SELECT"]}
        rule: Json = {**who, "table": re.escape(table)}
        hidden = [column for column in columns if column not in found.columns]
        if hidden:
            rule["columns"] = [{"name": column, "allow": False} for column in hidden]
        if found.rows is not None:
            # The condition may look at columns that who asks may not read.
            rule |= {"filter": found.rows, "filter_environment": {"user": ACCOUNT_USER}}
        rules.append(rule)
        if not hidden and found.rows is None:
            # Files and partitions tell of rows and columns.
            rules.append({**who, "table": re.escape(table) + r"\$.*"})
    return rules
