"""OpenLineage events: which datasets a run wrote, what of, with what columns and how many rows.

A run's events are one object below lineage/ of the artifacts, a line an event, and are sent
to an endpoint where one is configured. The stages say it themselves, not Spark's listener:
they know contracts and counts, the listener neither, and it would look at the plan of every
query for what is known before the first. The functions emit nothing, as they work by the
batch: the first stage that reads what they wrote says it for them, an event an hour and
dataset.
"""

import io
import json
import logging
import threading
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from dataplatform.arguments import LearnArguments, StageArguments
from dataplatform.contracts import OBJECTS, Contract, Contracts
from dataplatform.counts import Report, Step
from dataplatform.engine.storage import ObjectStore

LOG = logging.getLogger(__name__)

PREFIX = "lineage"
QUARANTINE = "raw.quarantine"
_PRODUCER = "urn:dataplatform:jobs"
_SPEC = "https://openlineage.io/spec"
# The versions of the facets' schemas, which each facet names.
_VERSIONS = {
    "SchemaDatasetFacet": "1-1-1",
    "ColumnLineageDatasetFacet": "1-2-0",
    "DatasetVersionDatasetFacet": "1-0-1",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "ParentRunFacet": "1-1-0",
    "ErrorMessageRunFacet": "1-0-1",
}
_SECONDS = 10  # a run does not wait longer, for all its events together

Event = dict[str, Any]


def steps(report: Report, contracts: Contracts) -> list[Step]:
    """Return what a run wrote, preceded by what functions had written of what it took in; nothing of an empty run."""
    pipeline = contracts.pipelines.get(report.pipeline)
    if pipeline is None:  # of recommendations, which take in what stages have made
        return report.steps
    raw = contracts.get(pipeline.raw)
    counts = report.datasets.get(raw.dataset)
    if counts is None or not counts.received:
        return []
    before = []
    if pipeline.streaming:
        stored = counts.processed + counts.duplicates
        before = [
            Step("clicks", raw.id, (), counts.received),
            Step("clicks", pipeline.processed, (raw.id,), stored),
            Step("clicks", QUARANTINE, (raw.id,), counts.quarantined),
        ]
    elif report.stage == "process":
        # A file is stored whole and evaluated by the stage, an object by the function that describes it.
        function, evaluator = "landing", f"{report.pipeline}-{report.stage}"
        if raw.source == OBJECTS:
            function = evaluator = "assets"
        before = [
            Step(function, raw.id, (), counts.received),
            Step(evaluator, QUARANTINE, (raw.id, *pipeline.beside), counts.quarantined),
        ]
    return before + report.steps


@dataclass(frozen=True)
class Run:
    """A run of a stage, as its events tell of it."""

    args: StageArguments | LearnArguments
    contracts: Contracts
    began: datetime
    ended: datetime

    def events(self, done: Sequence[Step], error: str = "") -> list[Event]:
        """Return the run's own start and end, and those of each dataset that it, or a function, wrote."""
        stage = f"{self.args.pipeline}-{self.args.stage}"
        made = [self._event("START", stage, {})]
        parent = _facet(
            "ParentRunFacet",
            run={"runId": self._id(stage)},
            job={"namespace": self.args.metrics_namespace, "name": stage},
        )
        for step in done:
            name = f"{step.job}.{step.output}"
            inputs = [self._dataset(self.contracts.get(one)) for one in step.inputs]
            made.append(self._event("START", name, {"parent": parent}))
            made.append(self._event("COMPLETE", name, {"parent": parent}, inputs=inputs, outputs=[self._output(step)]))
        if not error:
            return [*made, self._event("COMPLETE", stage, {})]
        message = _facet("ErrorMessageRunFacet", message=error, programmingLanguage="PYTHON")
        return [*made, self._event("FAIL", stage, {"errorMessage": message})]

    def _event(
        self,
        kind: str,
        job: str,
        facets: dict[str, Any],
        *,
        inputs: Sequence[Event] = (),
        outputs: Sequence[Event] = (),
    ) -> Event:
        return {
            "eventType": kind,
            "eventTime": (self.began if kind == "START" else self.ended).isoformat(),
            "producer": _PRODUCER,
            "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": self._id(job), "facets": facets},
            "job": {"namespace": self.args.metrics_namespace, "name": job},
            "inputs": list(inputs),
            "outputs": list(outputs),
        }

    def _id(self, job: str) -> str:
        """The run's id, the same whenever the same execution is reported."""
        args = self.args
        text = f"{args.metrics_namespace}/{job}/{args.execution}/{args.pipeline}/{args.stage}/{args.hours}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, text))

    def _dataset(self, contract: Contract) -> Event:
        """A dataset under the bucket of its layer, with the contract's columns and version."""
        columns = [
            {"name": column["name"], "type": column["physical"], "description": column["description"]}
            for column in contract.columns
        ]
        return {
            "namespace": self.args.lake.root(contract.layer),
            "name": contract.dataset,
            "facets": {
                "schema": _facet("SchemaDatasetFacet", fields=columns),
                "version": _facet("DatasetVersionDatasetFacet", datasetVersion=contract.version),
            },
        }

    def _output(self, step: Step) -> Event:
        contract = self.contracts.get(step.output)
        dataset = self._dataset(contract)
        # Contracts say no more of columns than names: those that are called the same in what the rows are made of.
        sources = {name: self._called(name, step.inputs) for name in contract.names}
        fields = {name: {"inputFields": found} for name, found in sources.items() if found}
        if fields:
            dataset["facets"]["columnLineage"] = _facet("ColumnLineageDatasetFacet", fields=fields)
        dataset["outputFacets"] = {"outputStatistics": _facet("OutputStatisticsOutputDatasetFacet", rowCount=step.rows)}
        return dataset

    def _called(self, name: str, inputs: Sequence[str]) -> list[Event]:
        found = [one for one in map(self.contracts.get, inputs) if name in one.names]
        return [{"namespace": self.args.lake.root(one.layer), "name": one.dataset, "field": name} for one in found]


def emit(made: Sequence[Event], args: StageArguments | LearnArguments, store: ObjectStore) -> None:
    """Write the events, and send them where an endpoint is configured; one that does not take them is only logged."""
    uri = f"{args.lake.artifacts}/{PREFIX}/{args.pipeline}/{args.execution}/{args.stage}.ndjson"
    text = "".join(json.dumps(event) + "\n" for event in made)
    store.put(uri, io.BytesIO(text.encode()))
    if args.lineage_endpoint:
        # A thread that nobody waits for any longer does not keep the job from ending.
        sender = threading.Thread(target=_send, args=(made, args), daemon=True)
        sender.start()
        sender.join(_SECONDS)
        if sender.is_alive():
            LOG.warning("lineage: the endpoint has not taken all events within %d s", _SECONDS)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Whoever redirects takes no events: a page to sign in at would swallow them, and the token with them."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _send(made: Sequence[Event], args: StageArguments | LearnArguments, secrets: Any = None) -> None:
    headers = {"Content-Type": "application/json"}
    try:
        if args.lineage_secret:
            client = secrets or boto3.client("secretsmanager")
            token = client.get_secret_value(SecretId=args.lineage_secret)["SecretString"]
            headers["Authorization"] = f"Bearer {token.strip()}"
        opener = urllib.request.build_opener(_NoRedirect)
        for event in made:
            request = urllib.request.Request(args.lineage_endpoint, json.dumps(event).encode(), headers)
            with opener.open(request, timeout=_SECONDS):
                pass
    except Exception as failure:  # whatever an endpoint answers, what the run published stays published
        status = getattr(failure, "code", "")
        LOG.warning("lineage: the endpoint does not take events: %s %s", type(failure).__name__, status)


def _facet(kind: str, **fields: Any) -> dict[str, Any]:
    url = f"{_SPEC}/facets/{_VERSIONS[kind]}/{kind}.json#/$defs/{kind}"
    return {"_producer": _PRODUCER, "_schemaURL": url, **fields}
