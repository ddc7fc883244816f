"""The error by which a service says that a request does not fit its model."""

from __future__ import annotations

from moto.core.model import OperationModel

from emulator.core.refusals.registry import Refused

# Where it is not the common one of the protocol, which each API Reference has on its page "Common Errors".
_OF_SERVICE = {
    "athena": "InvalidRequestException",
    "logs": "InvalidParameterException",
    "lakeformation": "InvalidInputException",
    "s3": "InvalidArgument",
}
_OF_BODY = {"s3": "MalformedXML"}
_SHOWN = 10
_NO_SCHEMA = ("Unknown element", "The XML")  # what S3 says of a body, see wire


def refused(operation: OperationModel, found: list[str]) -> Refused:
    """All that is wrong, in one error as AWS words it."""
    model = operation.service_model
    code = _OF_SERVICE.get(
        model.service_name, "ValidationError" if model.protocol == "query" else "ValidationException"
    )
    if any(one.startswith(_NO_SCHEMA) for one in found):
        code = _OF_BODY.get(model.service_name, code)
    errors = "error" if len(found) == 1 else "errors"
    return Refused(code, f"{len(found)} validation {errors} detected: {'; '.join(found[:_SHOWN])}", 400)
