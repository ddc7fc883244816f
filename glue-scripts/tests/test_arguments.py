"""Arguments and hours."""

from datetime import UTC, datetime

import pytest

from dataplatform.arguments import parse_features, parse_recommend, parse_stage, parse_tables
from dataplatform.hours import HOUR, Hours, each_hour, iso

STATIC = [
    *("--pipeline", "sales", "--stage", "process", "--raw_bucket", "r", "--processed_bucket", "p"),
    *("--curated_bucket", "c", "--artifacts_bucket", "a", "--files_table", "f", "--leases_table", "l"),
    *("--hours_table", "h", "--quarantine_limit", "0.1"),
    *("--raw_database", "d_raw", "--processed_database", "d_processed", "--curated_database", "d_curated"),
    *("--lateness_hours", "72", "--dedup_days", "7", "--metrics_namespace", "dataplatform/shop"),
]


LEARN = [
    *("--run_id", "2026-03-02-a", "--features_bucket", "f", "--features_database", "d_features"),
    *("--cut", "2026-02-25T01:00:00+01:00", "--as_of", "2026-03-02T00:00:00Z", "--model_version", "m1"),
]


def test_an_instant_is_the_closed_hour_before_it_with_late_arrivals() -> None:
    hours = Hours.parse("2010-12-01T10:42:07.5Z")
    assert str(hours) == "2010-12-01T09:00:00Z/2010-12-01T10:00:00Z"
    assert hours.late_arrivals


def test_a_run_that_is_taken_up_again_has_the_same_owner() -> None:
    args = parse_stage([*STATIC, "--hours", "2010-12-01T10:42:07Z", "--execution", "one"])
    assert args.owner == "one/process/2010-12-01T09:00:00Z/2010-12-01T10:00:00Z"
    assert parse_features([*STATIC, *LEARN]).owner == "2026-03-02-a/features"


def test_an_interval_is_exactly_itself() -> None:
    hours = Hours.parse("2010-12-01T00:00:00Z/2010-12-03T01:00:00+01:00")
    assert str(hours) == "2010-12-01T00:00:00Z/2010-12-03T00:00:00Z"
    assert not hours.late_arrivals


@pytest.mark.parametrize(
    ("give", "want"),
    [
        ("yesterday", "no ISO 8601 instant"),
        ("2010-12-01T10:00:00", "no time zone"),
        ("2010-12-02T00:00:00Z/2010-12-01T00:00:00Z", "start must be before"),
        ("2010-12-02T00:00:00Z/2010-12-02T00:00:00Z", "start must be before"),
    ],
)
def test_hours_refuse(give: str, want: str) -> None:
    with pytest.raises(ValueError, match=want):
        Hours.parse(give)


def test_each_hour_covers_parts_of_hours() -> None:
    found = each_hour(datetime(2010, 12, 1, 9, 30, tzinfo=UTC), datetime(2010, 12, 1, 11, 1, tzinfo=UTC))
    assert [iso(hour) for hour in found] == ["2010-12-01T09:00:00Z", "2010-12-01T10:00:00Z", "2010-12-01T11:00:00Z"]


def test_instants_sort_as_their_texts() -> None:
    assert iso(datetime(500, 1, 2, 3, 4, 5, tzinfo=UTC)) == "0500-01-02T03:04:05Z"


def test_stage_arguments_pass_over_what_glue_adds() -> None:
    args = parse_stage(
        [*STATIC, "--hours", "2010-12-01T10:00:00Z", "--execution", "e1", "--JOB_RUN_ID", "jr", "--enable-metrics", ""]
    )
    assert args.lake.raw == "s3://r"
    assert args.lake.table("curated", "sales_hourly") == "glue_catalog.d_curated.sales_hourly"
    assert (args.lateness_hours, args.dedup_days, args.execution) == (72, 7, "e1")
    assert (args.metrics_namespace, args.lineage_endpoint) == ("dataplatform/shop", "")


def test_a_missing_argument_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_stage(STATIC)
    assert "--hours" in capsys.readouterr().err


def test_the_tables_job_needs_only_the_lake() -> None:
    assert parse_tables(STATIC).processed_database == "d_processed"


def test_features_are_as_of_two_times() -> None:
    args = parse_features([*STATIC, *LEARN, "--JOB_RUN_ID", "jr"])
    assert (iso(args.cut), iso(args.as_of)) == ("2026-02-25T00:00:00Z", "2026-03-02T00:00:00Z")
    assert args.lake.root("features") == "s3://f"
    assert args.lake.table("features", "products") == "glue_catalog.d_features.products"
    assert (args.pipeline, args.stage, args.execution) == ("recommendations", "features", "2026-03-02-a")
    assert args.feature_groups == {}
    assert parse_features([*STATIC, *LEARN, "--feature_groups", "products=p-1"]).feature_groups == {"products": "p-1"}
    assert parse_tables(STATIC).features == ""


def test_recommendations_are_of_one_model() -> None:
    args = parse_recommend([*STATIC, *LEARN])
    assert (args.model_version, args.stage, args.hours, args.training_run) == ("m1", "recommend", "", "")
    assert parse_recommend([*STATIC, *LEARN, "--training_run", "2026-03-01-b"]).training_run == "2026-03-01-b"
    with pytest.raises(ValueError, match="want what --run_id may be"):
        parse_recommend([*STATIC, *LEARN, "--training_run", "../r"])


@pytest.mark.parametrize(
    ("give", "want"),
    [
        (["--cut", "2026-03-02T00:00:00Z"], "is not before --as_of"),
        (["--cut", "2026-03-02"], "cut: .* has no time zone"),
        (["--as_of", "tomorrow"], "as_of: 'tomorrow' is no ISO 8601 instant"),
        (["--run_id", "../r"], "want 1 to 80 letters"),
        (["--features_bucket", ""], "are given together"),
        (["--features_bucket", "", "--features_database", ""], "are needed"),
    ],
)
def test_features_refuse(give: list[str], want: str) -> None:
    with pytest.raises(ValueError, match=want):
        parse_features([*STATIC, *LEARN, *give])


def test_spans_join_hours_without_gaps() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    waiting = [at + HOUR * hour for hour in (12, 2, 9, 3, 10)]
    assert Hours.parse("2026-03-01T12:30:00Z").spans(waiting) == [
        (at + HOUR * 2, at + HOUR * 4),
        (at + HOUR * 9, at + HOUR * 12),
    ]
    assert Hours.parse("2026-03-01T05:00:00Z/2026-03-01T06:00:00Z").spans(waiting) == [(at + HOUR * 5, at + HOUR * 6)]
