"""Statements about schemas, read by sqlglot as Redshift's; any other fails, for nothing would come of it.

sqlglot reads CREATE EXTERNAL SCHEMA as a command without parts, so that its words are read here, as Redshift has them
for a data catalog (Amazon Redshift Database Developer Guide, CREATE EXTERNAL SCHEMA).
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp, parse
from sqlglot.dialects import Redshift
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

Json = dict[str, Any]
Schemas = dict[str, Json]


class StatementError(Exception):
    """Why a statement fails."""


def run(sql: str, schemas: Schemas, namespace: Json) -> None:
    """Run one statement on the schemas of a database."""
    try:
        tokens = Redshift().tokenize(sql)
        words = _Words(tokens)
        if words.have("CREATE", "EXTERNAL", "SCHEMA"):
            return _create(words, schemas, namespace)
        parsed = parse(sql, dialect=Redshift)
    except SqlglotError as error:
        raise StatementError(f"syntax error: {error}") from error
    if len(parsed) != 1:
        raise StatementError("the Data API takes one statement a call")
    statement = parsed[0]
    if statement is not None and str(statement.args.get("kind")).upper() == "SCHEMA":
        if isinstance(statement, exp.Drop):
            return _drop(statement, schemas)
        if isinstance(statement, exp.Grant):
            return _grant(statement, schemas)
    raise StatementError(f"the emulator does not run this statement: {sql[:100]}")


def _drop(drop: exp.Drop, schemas: Schemas) -> None:
    for named in drop.args.get("tables", [drop.this]):
        name = _name(named)
        if schemas.pop(name, None) is None and not drop.args.get("exists"):
            raise StatementError(f'schema "{name}" does not exist')


def _grant(grant: exp.Grant, schemas: Schemas) -> None:
    name = _name(grant.args["securable"])
    if name not in schemas:
        raise StatementError(f'schema "{name}" does not exist')
    for privilege in grant.args["privileges"]:
        granted = privilege.sql().upper()
        if granted != "USAGE":
            raise StatementError(f"{granted} cannot be granted on an external schema")
        schemas[name]["usage"] = sorted(
            {*schemas[name]["usage"], *(one.sql().upper() for one in grant.args["principals"])}
        )


def _name(named: Any) -> str:
    """Names are folded to lower case, quoted ones too, as Redshift does by default."""
    return str(named.args["db"].name if named.args.get("db") else named.name).lower()


def _create(words: _Words, schemas: Schemas, namespace: Json) -> None:
    lenient = words.have("IF", "NOT", "EXISTS")
    name = words.name()
    words.need("FROM", "DATA", "CATALOG", "DATABASE")
    schema: Json = {"database": words.text(), "usage": []}
    if words.have("REGION"):
        schema["region"] = words.text()
    words.need("IAM_ROLE")
    role = namespace.get("defaultIamRoleArn") if words.have("DEFAULT") else words.text()
    words.end()
    if role not in namespace["iamRoles"]:
        raise StatementError(f"the role {role} is not associated with the namespace")
    if name in schemas:
        if lenient:
            return
        raise StatementError(f'schema "{name}" already exists')
    schemas[name] = schema | {"role": role}


class _Words:
    """A statement's words, one after the other."""

    def __init__(self, tokens: list[Token]) -> None:
        while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
            tokens = tokens[:-1]
        self._left = tokens

    def have(self, *words: str) -> bool:
        """Pass these words, if they come next."""
        if tuple(token.text.upper() for token in self._left[: len(words)]) != words:
            return False
        if any(token.token_type is TokenType.STRING for token in self._left[: len(words)]):
            return False
        self._left = self._left[len(words) :]
        return True

    def need(self, *words: str) -> None:
        """Pass these words, which have to come next."""
        if not self.have(*words):
            raise StatementError(f"syntax error: {' '.join(words)} was expected {self._where()}")

    def name(self) -> str:
        """Pass a name."""
        return self._one(TokenType.VAR, TokenType.IDENTIFIER).lower()

    def text(self) -> str:
        """Pass a text between quotes."""
        return self._one(TokenType.STRING)

    def end(self) -> None:
        """Nothing may come any more."""
        if self._left:
            raise StatementError(f"syntax error {self._where()}")

    def _one(self, *kinds: TokenType) -> str:
        if not self._left or self._left[0].token_type not in kinds:
            raise StatementError(f"syntax error {self._where()}")
        found, *self._left = self._left
        return str(found.text)

    def _where(self) -> str:
        return f'at or near "{self._left[0].text}"' if self._left else "at the end"
