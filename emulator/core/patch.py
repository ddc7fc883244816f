"""How patches change moto's classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def add(*classes: type) -> Callable[[F], F]:
    """Make the function a method of moto's classes, which lack it."""

    def put(function: F) -> F:
        for target in classes:
            if function.__name__ in vars(target):
                raise AttributeError(f"{target.__name__}.{function.__name__} exists now: use replace or drop the patch")
            setattr(target, function.__name__, function)
        return function

    return put


def replace(target: type) -> Callable[[F], F]:
    """Put the function in the place of moto's method of that name."""

    def put(function: F) -> F:
        if not hasattr(target, function.__name__):
            raise AttributeError(f"{target.__name__}.{function.__name__} is gone: the patch has no effect")
        setattr(target, function.__name__, function)
        return function

    return put


def wrap(target: type) -> Callable[[F], F]:
    """Put the function around moto's method: it gets that method first, then self."""

    def put(function: F) -> F:
        original = getattr(target, function.__name__)

        def around(self: Any, *args: Any, **kwargs: Any) -> Any:
            return function(original, self, *args, **kwargs)

        around.__name__ = function.__name__
        setattr(target, function.__name__, around)
        return function

    return put
