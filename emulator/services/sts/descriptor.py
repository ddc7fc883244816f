"""STS."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, form_body
from emulator.services.sts import calls

DESCRIPTORS = (Descriptor("sts", given=form_body, needs=calls.needs, errors="query", stateless=True),)
