"""Cost Explorer."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor, named

_LISTED = named(monitor="anomaly_monitors", subscription="anomaly_subscriptions", category="cost_categories")

DESCRIPTORS = (Descriptor("ce", patches=("patches",), lists=_LISTED),)
