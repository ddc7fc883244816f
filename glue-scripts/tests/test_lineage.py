"""What a run tells when it has ended: OpenLineage events, and how fresh its tables are."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from lake import FolderStore

from dataplatform import freshness, lineage
from dataplatform.arguments import Lake, StageArguments
from dataplatform.contracts import Contracts
from dataplatform.counts import Counts, Report, Step
from dataplatform.hours import Hours
from dataplatform.stages import stage

Endpoint = tuple[str, list[dict], list[str | None]]
BEGAN, ENDED = (datetime(2026, 1, 31, 10, minute, tzinfo=UTC) for minute in (5, 7))


def arguments(root: Path, pipeline: str = "sales", name: str = "process", endpoint: str = "") -> StageArguments:
    lake = Lake("s3://raw", "s3://processed", "s3://curated", root.as_uri(), "db_processed", "db_curated")
    hours = Hours.parse("2026-01-31T10:05:00Z")
    return StageArguments(pipeline, name, hours, "e1", lake, "files", "leases", 72, 7, "dataplatform/shop", endpoint)


def report(pipeline: str, name: str, *written: Step, counts: Counts) -> Report:
    made = Report(pipeline, name, "2026-01-31T09:00:00Z/2026-01-31T10:00:00Z", "e1", {pipeline: counts})
    made.steps += written
    return made


COUNTS = Counts(received=10, processed=6, duplicates=1, quarantined=3)


@pytest.mark.parametrize(
    ("pipeline", "name", "want"),
    [
        (
            "sales",
            "process",
            [
                ("landing", "raw.sales", (), 10),
                ("sales-process", "raw.quarantine", ("raw.sales", "raw.sales_json"), 3),
            ],
        ),
        ("assets", "process", [("assets", "raw.assets", (), 10), ("assets", "raw.quarantine", ("raw.assets",), 3)]),
        ("sales", "curate", []),
        (
            "clicks",
            "curate",
            [
                ("clicks", "raw.clicks", (), 10),
                ("clicks", "processed.clicks", ("raw.clicks",), 7),
                ("clicks", "raw.quarantine", ("raw.clicks",), 3),
            ],
        ),
    ],
)
def test_the_first_stage_speaks_for_the_functions(contracts: Contracts, pipeline: str, name: str, want: list) -> None:
    own = Step(f"{pipeline}-{name}", "curated.sales_hourly", ("processed.sales",), 4)
    assert lineage.steps(report(pipeline, name, own, counts=COUNTS), contracts) == [*(Step(*one) for one in want), own]
    assert lineage.steps(report(pipeline, name, counts=Counts()), contracts) == []


def test_events_have_the_documented_facets(contracts: Contracts, tmp_path: Path) -> None:
    step = Step("sales-curate", "curated.sales_hourly", ("processed.sales", "processed.products"), 4)
    made = lineage.Run(arguments(tmp_path, name="curate"), contracts, BEGAN, ENDED).events([step])
    assert [(one["eventType"], one["job"]["name"]) for one in made] == [
        ("START", "sales-curate"),
        ("START", "sales-curate.curated.sales_hourly"),
        ("COMPLETE", "sales-curate.curated.sales_hourly"),
        ("COMPLETE", "sales-curate"),
    ]
    assert len({one["run"]["runId"] for one in made}) == 2
    assert [one["eventTime"] for one in made] == [BEGAN.isoformat()] * 2 + [ENDED.isoformat()] * 2
    done = made[2]
    assert done["run"]["facets"]["parent"]["run"] == {"runId": made[0]["run"]["runId"]}
    assert [(one["namespace"], one["name"]) for one in done["inputs"]] == [
        ("s3://processed", "sales"),
        ("s3://processed", "products"),
    ]
    [output] = done["outputs"]
    contract = contracts.get("curated.sales_hourly")
    assert (output["namespace"], output["name"]) == ("s3://curated", "sales_hourly")
    assert output["facets"]["version"]["datasetVersion"] == contract.version
    assert [one["name"] for one in output["facets"]["schema"]["fields"]] == contract.names
    country = output["facets"]["columnLineage"]["fields"]["country"]["inputFields"]
    assert country == [{"namespace": "s3://processed", "name": "sales", "field": "country"}]
    assert "net_revenue" not in output["facets"]["columnLineage"]["fields"]
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 4
    for facet in [*output["facets"].values(), *output["outputFacets"].values()]:
        assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")


class Failing:
    """A stage that raises."""

    def __init__(self, args: StageArguments, contracts: Contracts) -> None:
        self.args, self.contracts, self.store = args, contracts, FolderStore()

    def run(self) -> Report:
        raise ValueError("no such hour")


def test_a_failed_run_says_so_and_fails(contracts: Contracts, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such hour"):
        stage.run(Failing(arguments(tmp_path), contracts))
    lines = (tmp_path / "lineage/sales/e1/process.ndjson").read_text().splitlines()
    ends = [json.loads(line) for line in lines]
    assert [one["eventType"] for one in ends] == ["START", "FAIL"]
    assert ends[1]["run"]["facets"]["errorMessage"]["message"] == "ValueError"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An OpenLineage server that keeps what it gets, and who says to send it."""
    got: list[dict] = []
    tokens: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            tokens.append(self.headers["Authorization"])
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage", got, tokens
    server.shutdown()
    server.server_close()


def test_an_endpoint_gets_the_same_events(contracts: Contracts, tmp_path: Path, endpoint: Endpoint) -> None:
    url, got, tokens = endpoint
    args = arguments(tmp_path, endpoint=url)
    made = lineage.Run(args, contracts, BEGAN, ENDED).events([Step("landing", "raw.sales", (), 1)])
    lineage.emit(made, args, FolderStore())
    assert got == made
    assert set(tokens) == {None}


def test_an_endpoint_that_is_down_fails_no_run(
    contracts: Contracts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    args = arguments(tmp_path, endpoint="http://127.0.0.1:9/")
    lineage.emit(lineage.Run(args, contracts, BEGAN, ENDED).events([]), args, FolderStore())
    assert "does not take events" in caplog.text
    assert (tmp_path / "lineage/sales/e1/process.ndjson").exists()


# What is no answer to an event, and how it was reported: each ended a run whose tables were published, or
# swallowed events.
ANSWERS = [
    (b"no http at all\r\n", "BadStatusLine"),
    (b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", "HTTPError 302"),
    (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTPError 500"),
    (b"", "RemoteDisconnected"),
]


@pytest.fixture
def raw_endpoint() -> Iterator[Callable[[bytes, float], str]]:
    """A server that answers with given bytes, one after the other, so many seconds apart."""
    servers = []

    def start(answer: bytes, pause: float = 0) -> str:
        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                self.request.recv(65536)
                with suppress(OSError):
                    for at in range(len(answer)) if pause else [slice(None)]:
                        self.wfile.write(bytes([answer[at]]) if pause else answer)
                        time.sleep(pause)

        servers.append(ThreadingTCPServer(("127.0.0.1", 0), Handler))
        servers[-1].daemon_threads = True
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sent(contracts: Contracts, root: Path, url: str) -> float:
    """Send the events of a run; return the seconds that it took."""
    args, began = arguments(root, endpoint=url), time.monotonic()
    made = lineage.Run(args, contracts, BEGAN, ENDED).events([Step("landing", "raw.sales", (), 1)])
    lineage.emit(made, args, FolderStore())
    return time.monotonic() - began


@pytest.mark.parametrize(("answer", "warning"), ANSWERS)
def test_whatever_an_endpoint_answers_fails_no_run(
    contracts: Contracts,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    raw_endpoint: Callable[..., str],
    answer: bytes,
    warning: str,
) -> None:
    sent(contracts, tmp_path, raw_endpoint(answer))
    assert f"does not take events: {warning}" in caplog.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a b", "https://", "nothing"])
def test_an_address_that_is_none_fails_no_run(
    contracts: Contracts, tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    sent(contracts, tmp_path, url)
    assert "does not take events" in caplog.text


def test_all_events_of_a_run_have_one_bound(
    contracts: Contracts,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    raw_endpoint: Callable[..., str],
) -> None:
    """Each byte comes in time, and the answer never."""
    monkeypatch.setattr(lineage, "_SECONDS", 1)
    assert sent(contracts, tmp_path, raw_endpoint(b"HTTP/1.1 201 " + b"x" * 100, 0.3)) < 3
    assert "has not taken all events within 1 s" in caplog.text


def test_an_endpoint_is_shown_the_token(contracts: Contracts, tmp_path: Path, endpoint: Endpoint) -> None:
    class Secrets:
        def get_secret_value(self, **given: str) -> dict[str, str]:
            return {"SecretString": f"token of {given['SecretId']}\n"}

    url, got, tokens = endpoint
    args = replace(arguments(tmp_path, endpoint=url), lineage_secret="s")
    made = lineage.Run(args, contracts, BEGAN, ENDED).events([])
    lineage._send(made, args, Secrets())
    assert got == made
    assert tokens == ["Bearer token of s"] * len(made)


class Metrics:
    """CloudWatch that keeps what it gets."""

    def __init__(self) -> None:
        self.put: list[dict] = []

    def put_metric_data(self, **given: object) -> None:
        self.put.append(given)


def test_freshness_is_of_what_changed_at_present(tmp_path: Path) -> None:
    made = report(
        "sales",
        "curate",
        Step("sales-curate", "curated.sales_hourly", (), 4),
        Step("sales-curate", "curated.customer_value", (), 0),
        counts=COUNTS,
    )
    metrics, args = Metrics(), arguments(tmp_path)
    freshness.tell(made, args, ENDED, metrics)
    assert metrics.put == []  # no rows, no age
    made.newest = int(datetime(2026, 1, 31, 9, 59, tzinfo=UTC).timestamp())
    freshness.tell(made, args, ENDED, metrics)
    [put] = metrics.put
    assert put["Namespace"] == "dataplatform/shop"
    [datum] = put["MetricData"]
    assert datum["Dimensions"] == [{"Name": "Dataset", "Value": "curated.sales_hourly"}]
    assert (datum["Value"], datum["Unit"]) == (8 * 60 * 1000, "Milliseconds")
    assert freshness.ages(made, args, datetime(2026, 2, 1, 10, 1, tzinfo=UTC)) == {}
