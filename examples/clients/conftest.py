"""The emulator, as its own tests have it."""

from emulator.tests.conftest import pytest_runtest_makereport, server

__all__ = ["pytest_runtest_makereport", "server"]
