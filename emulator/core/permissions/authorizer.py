"""Decisions of the program that evaluates policies, remembered, and the record of what was used and refused."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emulator.core import processes
from emulator.core.permissions import documents
from emulator.core.permissions.authorization_requests import AuthorizationRequest, Context

log = logging.getLogger(__name__)

_REMEMBERED = 200_000  # decisions; a long run has more objects than is worth keeping

# The emulator is plain HTTP on loopback and stands for what AWS serves over TLS.
_ALWAYS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}

_Key = tuple[str, tuple[str, ...], str | None, str, str, Context]


class Authorizer:
    """Asks the program over a socket; one batch at a time."""

    def __init__(self, program: Path) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            end = theirs.fileno()
            self._process = subprocess.Popen([str(program)], stdin=end, stdout=end, start_new_session=True)
        processes.register(self._process, "authorizer", "authorize", lambda: False)
        self._stream = ours.makefile("rwb")
        self._lock = threading.Lock()
        self._decided: dict[_Key, tuple[str | None, tuple[str, ...]]] = {}  # reason to refuse, statements used
        self._names: dict[str, str] = {}  # of policies that the program has, by their text
        self._used: defaultdict[str, set[str]] = defaultdict(set)  # Sids by principal
        self._refused: Counter[tuple[str, str, str]] = Counter()

    def refusal(self, principal: str, wanted: Sequence[AuthorizationRequest]) -> str | None:
        """Why a principal, a role's ARN or a service, may not do all of this; None when it may."""
        for key, (reason, sids) in self._decisions(principal, wanted):
            if reason is not None:
                self._refused[principal, key[3], key[4]] += 1
                return reason
            if sids:
                self._used[principal].update(sids)
        return None

    def lack(self, principal: str, wanted: Sequence[AuthorizationRequest]) -> str | None:
        """The same of what a principal will do later, which is no use of its statements yet and no refused call."""
        return next((reason for _, (reason, _) in self._decisions(principal, wanted) if reason is not None), None)

    def _decisions(
        self, principal: str, wanted: Sequence[AuthorizationRequest]
    ) -> list[tuple[_Key, tuple[str | None, tuple[str, ...]]]]:
        if not wanted:
            return []
        identity = documents.identity(documents.role(principal)) if principal.startswith("arn:") else ()
        keyed = [
            (principal, identity, documents.policy(access.resource), access.action, access.resource, access.context)
            for access in wanted
        ]
        if missing := [key for key in keyed if key not in self._decided]:
            self._decide(missing)
        return [(key, self._decided[key]) for key in keyed]

    def record(self) -> dict[str, Any]:
        """Every role's statements with those that were used, and what was refused to whom."""
        found = {
            role.name: {"statements": documents.sids(role), "used": sorted(self._used.get(role.arn, ()))}
            for role in documents.roles()
        }
        refused = [
            {"principal": principal, "action": action, "resource": resource, "times": times}
            for (principal, action, resource), times in sorted(self._refused.items())
        ]
        return {"enforced": True, "roles": found, "refused": refused}

    def _decide(self, keys: list[_Key]) -> None:
        with self._lock:
            if len(self._decided) > _REMEMBERED:
                self._decided.clear()
            new: dict[str, str] = {}
            requests = [self._request(key, new) for key in keys]
            self._stream.write(json.dumps({"documents": new, "requests": requests}).encode() + b"\n")
            self._stream.flush()
            line = self._stream.readline()
            if not line:
                raise RuntimeError(f"the authorizer ended with {self._process.poll()}")
            for key, answer in zip(keys, json.loads(line), strict=True):
                used = tuple(answer.get("sids", ())) if answer.get("decision") == "allowed" else ()
                self._decided[key] = _reason(key, answer), used

    def _request(self, key: _Key, new: dict[str, str]) -> dict[str, Any]:
        principal, identity, policy, action, resource, context = key
        return {
            "principal": principal,
            "action": action,
            "resource": resource,
            "context": {**_ALWAYS, "aws:PrincipalArn": principal, **dict(context)},
            "identity": [self._name(text, new) for text in identity],
            "policy": self._name(policy, new) if policy is not None else "",
            "key": action.startswith("kms:"),
        }

    def _name(self, text: str, new: dict[str, str]) -> str:
        if text not in self._names:
            self._names[text] = new_name = str(len(self._names) + 1)
            new[new_name] = documents.spelled_out(text)
        return self._names[text]


def _reason(key: _Key, answer: dict[str, Any]) -> str | None:
    """What AWS says to somebody who may not; None to somebody who may."""
    principal, _, _, action, resource, _ = key
    if answer.get("decision") == "allowed":
        return None
    text = f"User: {_session(principal)} is not authorized to perform: {action} on resource: {resource}"
    if error := answer.get("error"):
        return f"{text}: {error}"
    if answer["decision"] == "denied":
        return f"{text} with an explicit deny in the statement {answer['sids'][0]}"
    return f"{text} because no policy allows the {action} action"


def _session(principal: str) -> str:
    if not principal.startswith("arn:"):
        return principal
    account, _, name = principal.removeprefix("arn:aws:iam::").partition(":role/")
    return f"arn:aws:sts::{account}:assumed-role/{name.rsplit('/', 1)[-1]}/local"
