"""What a Glue job's arguments mean: some are Glue's own, the others the script's."""

from __future__ import annotations

import re
from dataclasses import dataclass

# "Using job parameters in AWS Glue jobs": consumed before the script starts.
_OWN_NAMES = """
additional-python-modules auto-scale-within-microbatch class conf continuous-log-conversionPattern
continuous-log-logGroup continuous-log-logStreamPrefix custom-logGroup-prefix
custom-logStream-prefix customer-driver-env-vars customer-executor-env-vars datalake-formats
disable-proxy disable-proxy-v2 enable-auto-scaling enable-continuous-cloudwatch-log
enable-continuous-log-filter enable-glue-datacatalog enable-job-insights
enable-lakeformation-fine-grained-access enable-metrics enable-observability-metrics
enable-rename-algorithm-v2 enable-s3-parquet-optimized-committer enable-spark-ui
execution-environment extra-files extra-jars extra-py-files job-bookmark-from
job-bookmark-option job-bookmark-to job-language python-modules-installer-option
scriptLocation spark-event-logs-path user-jars-first use-postgres-driver write-shuffle-files-to-s3
write-shuffle-spills-to-s3
"""
_OWN = frozenset(_OWN_NAMES.split())


@dataclass(frozen=True)
class Arguments:
    """A run's arguments, default ones and the run's together, as Glue reads them."""

    given: dict[str, str]

    def own(self, name: str) -> str:
        """The value of one of Glue's own arguments; empty when it isn't set."""
        return self.given.get(f"--{name}", "")

    def listed(self, name: str) -> list[str]:
        """The comma-separated values of one of Glue's own arguments."""
        return [value.strip() for value in self.own(name).split(",") if value.strip()]

    def spark(self) -> dict[str, str]:
        """Spark settings of --conf: `a=b --conf c=d`, the one way to give several.

        Raises ValueError for a setting without a value.
        """
        settings = {}
        for pair in re.split(r"\s+--conf\s+", self.own("conf").strip()):
            name, equals, value = pair.strip().partition("=")
            if pair and not equals:
                raise ValueError(f"--conf: not name=value: {pair!r}")
            if name:
                settings[name] = value
        return settings

    def script(self) -> list[str]:
        """What the script finds in sys.argv, without what Glue adds itself."""
        passed: list[str] = []
        for name, value in self.given.items():
            if name.removeprefix("--") not in _OWN:
                passed += [name, value] if value else [name]
        return passed
