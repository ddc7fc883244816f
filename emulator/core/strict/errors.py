"""The error by which a service says that a request does not fit its model."""

from __future__ import annotations

from moto.core.model import OperationModel

from emulator.core.descriptors import Descriptor
from emulator.core.refusals.registry import Refused

_SHOWN = 10
_NO_SCHEMA = ("Unknown element", "The XML")  # what S3 says of a body, see wire


def refused(service: Descriptor, operation: OperationModel, found: list[str]) -> Refused:
    """All that is wrong, in one error as AWS words it."""
    model = operation.service_model
    code = service.misfit or ("ValidationError" if model.protocol == "query" else "ValidationException")
    if any(one.startswith(_NO_SCHEMA) for one in found):
        code = service.misfit_body or code
    errors = "error" if len(found) == 1 else "errors"
    return Refused(code, f"{len(found)} validation {errors} detected: {'; '.join(found[:_SHOWN])}", 400)
