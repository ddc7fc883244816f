"""QuickSight."""

from __future__ import annotations

from emulator.core.descriptors import Descriptor
from emulator.services.quicksight import patches

DESCRIPTORS = (Descriptor("quicksight", patches=("patches",), lists=patches.inventory),)
