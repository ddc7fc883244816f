"""DynamoDB."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named
from emulator.services.dynamodb import calls

_LISTED = named(table="tables", backup="backups")

DESCRIPTORS = (Descriptor("dynamodb", refusals=("refusals",), needs=calls.needs, lists=_LISTED),)
