"""Locks are taken in one order, which the emulator of every test checks, too."""

import threading

import pytest

from emulator.core import locks
from emulator.services import catalog

catalog.describe()


@pytest.fixture(autouse=True)
def checked(monkeypatch):
    monkeypatch.setattr(locks, "_checked", True)


def take(*services):
    if services:
        with locks.holding(services[0]):
            take(*services[1:])


@pytest.mark.parametrize(
    "services",
    [
        ("sns", "sqs"),
        ("sagemaker", "glue", "lakeformation", "cloudwatch"),
        ("sagemaker", "lakeformation"),
        ("glue", "lakeformation", "glue", "lakeformation"),
        ("s3", "cloudwatch"),
        ("sqs", "sqs"),
    ],
)
def test_locks_are_taken_in_order(services):
    take(*services)


@pytest.mark.parametrize(
    "services",
    [
        ("sqs", "sns"),
        ("lakeformation", "glue"),
        ("cloudwatch", "s3"),
        ("s3", "sqs"),
        ("glue", "lakeformation", "glue", "s3"),
        ("sns", "sqs", "logs"),
    ],
)
def test_a_lock_against_the_order_is_refused(services):
    with pytest.raises(locks.LockOrderError):
        take(*services)
    take("sns", "sqs")  # nothing is held any more


def test_without_the_check_any_order_goes(monkeypatch):
    monkeypatch.setattr(locks, "_checked", False)
    take("sqs", "sns")


def test_threads_hold_locks_of_their_own():
    with locks.holding("sqs"):
        other = threading.Thread(target=take, args=("sns",))
        other.start()
        other.join(5)
    assert not other.is_alive()


def test_the_order_has_no_circle():
    for service in locks.THEN:
        assert service not in locks.allowed(service)
