"""Redshift Serverless and its Data API."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor
from emulator.services.redshift import state

DESCRIPTORS = (
    Descriptor("redshiftserverless", starts=("service",), lists=state.inventory, backends=lambda: state.BY_REGION),
    # Statements are forgotten by themselves.
    Descriptor("redshiftdata", then=frozenset({"redshiftserverless"}), stateless=True),
)
