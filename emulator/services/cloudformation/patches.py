"""CloudFormation: a stack whose resource cannot be made is rolled back, and says why; moto refuses the call instead."""

from __future__ import annotations

import logging
from typing import Any

from moto.cloudformation.models import Event, Stack
from moto.cloudformation.parsing import NULL_MODELS, get_model_map
from moto.core.exceptions import ServiceException

from emulator.core.patch import wrap

log = logging.getLogger(__name__)


@wrap(Stack)
def create_resources(moto: Any, self: Any) -> None:
    """Rolls back what was made when a resource is refused (CloudFormation User Guide, "Stack status codes")."""
    try:
        _known(self.template_dict)
        moto(self)
    except ServiceException as error:
        _failed(self, error)
        self.resource_map.delete()
        self.status = "ROLLBACK_COMPLETE"
        self._add_stack_event("ROLLBACK_COMPLETE")


@wrap(Stack)
def update(moto: Any, self: Any, template: str, *args: Any, **given: Any) -> None:
    """Says why a resource was refused; what it was before stays."""
    before = self.template
    try:
        _known(self.parse_template(template))
        moto(self, template, *args, **given)
    except ServiceException as error:
        _failed(self, error)
        self.template = before
        self._parse_template()
        self.status = "UPDATE_ROLLBACK_COMPLETE"
        self._add_stack_event("UPDATE_ROLLBACK_COMPLETE")


def _known(template: dict[str, Any]) -> None:
    """moto passes over a type that it does not make."""
    made = {*get_model_map(), *NULL_MODELS}
    for name, resource in template["Resources"].items():
        if resource["Type"] not in made and not resource["Type"].startswith("Custom::"):
            raise ServiceException("ValidationError", f"{name}: the emulator makes no {resource['Type']}.")


def _failed(stack: Any, error: ServiceException) -> None:
    log.warning("stack %s: %s", stack.name, error)
    stack._add_stack_event("ROLLBACK_IN_PROGRESS", resource_status_reason=str(error))
    event = Event(
        stack_id=stack.stack_id,
        stack_name=stack.name,
        logical_resource_id=stack.name,
        physical_resource_id=stack.stack_id,
        resource_type="AWS::CloudFormation::Stack",
        resource_status="CREATE_FAILED",
        resource_status_reason=str(error),
        resource_properties=None,
    )
    stack.events.append(event)
