"""SageMaker that does what it is asked: jobs and endpoints run the project's own scripts.

moto's jobs are completed and its endpoints in service as soon as they are made. Here a training or processing job is a
process in the environment that the image stands for, with the folders of the container below a folder of its own, and
an endpoint is a process that answers by the scripts' handler.

Differences to AWS: every image is the environment of the training scripts, whose requirements are installed there
already; an instance's kind and size say nothing; two jobs run at a time.
"""

from __future__ import annotations

from emulator.core.settings import Settings
from emulator.services.sagemaker import endpoints, jobs


def install(settings: Settings) -> None:
    """Patch moto's SageMaker."""
    jobs.install(settings)
    endpoints.install(settings)
