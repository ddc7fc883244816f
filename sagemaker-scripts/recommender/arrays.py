"""The type of NumPy's arrays of any values: what they hold, their names say."""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
