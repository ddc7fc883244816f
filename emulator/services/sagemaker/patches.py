"""SageMaker: lists that choose, and what can be deleted; jobs and endpoints are in modules of their own."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ConflictException, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from emulator.core.patch import add, wrap


@wrap(SageMakerResponse)
def list_models(moto: Any, self: Any) -> ActionResult:
    """NameContains selects; moto lists all."""
    answer = moto(self)
    wanted = self._get_param("NameContains") or ""
    answer.result["Models"] = [one for one in answer.result["Models"] if wanted in one["ModelName"]]
    return answer


@wrap(SageMakerModelBackend)
def create_model(moto: Any, self: Any, model_name: str, **given: Any) -> Any:
    """Refuses a name that is taken."""
    if model_name in self._models:
        raise ValidationError(f'Cannot create already existing model "{self._models[model_name].arn}".')
    return moto(self, model_name=model_name, **given)


@wrap(SageMakerModelBackend)
def create_endpoint_config(moto: Any, self: Any, endpoint_config_name: str, **given: Any) -> Any:
    """Refuses a name that is taken."""
    if endpoint_config_name in self.endpoint_configs:
        arn = self.endpoint_configs[endpoint_config_name].endpoint_config_arn
        raise ValidationError(f'Cannot create already existing endpoint configuration "{arn}".')
    made = moto(self, endpoint_config_name=endpoint_config_name, **given)
    made.arn = made.endpoint_config_arn  # a tuple in moto
    return made


@wrap(SageMakerModelBackend)
def create_model_package(moto: Any, self: Any, **given: Any) -> str:
    """Counts versions on from the highest; moto gives a deleted one's number to another."""
    group = given.get("model_package_group_name")
    if not group:
        return moto(self, **given)
    counts = vars(self).setdefault("package_counts", {})
    held = {arn: package for arn, package in self.model_packages.items() if package.model_package_group_name == group}
    counts[group] = max(counts.get(group, 0), len(held)) + 1
    for arn in held:
        del self.model_packages[arn]
    made = moto(self, **given)
    package = self.model_packages.pop(made)
    package.model_package_version = counts[group]
    package.arn = f"{made.rsplit('/', 1)[0]}/{counts[group]}"
    self.model_packages.update({**held, package.arn: package})
    self.model_package_name_mapping[package.arn] = package.arn
    return package.arn


@wrap(SageMakerModelBackend)
def update_model_package(moto: Any, self: Any, model_package_arn: str, **given: Any) -> str:
    """Leaves as it is what is not given."""
    package = self.model_packages.get(model_package_arn)
    if package is not None:
        for name in ("model_approval_status", "approval_description", "customer_metadata_properties"):
            if given.get(name) is None:
                given[name] = getattr(package, name)
    return moto(self, model_package_arn=model_package_arn, **given)


@add(SageMakerResponse)
def delete_model_package(self: Any) -> ActionResult:
    """Deletes a version of a model."""
    name = self._get_param("ModelPackageName")
    if self.sagemaker_backend.model_packages.pop(name, None) is None:
        raise ValidationError(f"Model Package {name} does not exist.")
    return EmptyResult()


@add(SageMakerResponse)
def delete_model_package_group(self: Any) -> ActionResult:
    """Deletes a group that holds no version any more."""
    backend, name = self.sagemaker_backend, self._get_param("ModelPackageGroupName")
    backend.describe_model_package_group(name)
    if any(package.model_package_group_name == name for package in backend.model_packages.values()):
        raise ConflictException(f"Model Package Group {name} cannot be deleted since it contains packages.")
    del backend.model_package_groups[name]
    return EmptyResult()
