"""The images of products: the transform, and what runs over the events of objects make of it."""

from conftest import Platform
from frames import frame
from pyspark.sql import SparkSession
from test_assets import event, land, process
from test_curated import catalog, same, want
from test_master_runs import land as land_file
from test_master_runs import product

from dataplatform import quality
from dataplatform.contracts import Contracts
from dataplatform.counts import Counts
from dataplatform.transforms.curated import product_assets

HOUR = "2026-03-01T12:00:00Z/2026-03-01T13:00:00Z"


def version(key: str, at: str, **more: object) -> dict:
    """A current image, unless it says otherwise."""
    made = {"object_key": f"assets/{key}", "version_id": "1", "sequencer": "0A", "state": "present", "is_current": True}
    made |= {"event_time": f"2026-03-{at}", "product_id": "85123A", "kind": "image", "size_bytes": 100}
    made |= {"image_format": "png", "width": 4, "height": 3, "perceptual_hash": "0" * 16, "thumbnail_key": "t/1"}
    return made | more


def test_product_assets(spark: SparkSession, contracts: Contracts) -> None:
    contract = contracts.get("curated.product_assets")
    text = {"kind": "text", "image_format": None, "width": None, "height": None, "perceptual_hash": None}
    versions = [
        version("old.png", "01T10:00:00"),
        # two at one time: the last by key is the newest; the folder's name is in another case
        version("a.gif", "02T10:59:00", size_bytes=7),
        version(
            "b.webp", "02T10:59:00", product_id="85123a", size_bytes=20, image_format="webp",
            width=40, height=30, perceptual_hash="f" * 16, perceptual_hash_method="dhash", thumbnail_key=None,
        ),
        # newer, and does not count: not current, gone, no image
        version("old.png", "03T10:00:00", version_id="2", is_current=False),
        version("gone.png", "03T10:00:00", is_current=False, state="removed", kind=None),
        version("care.txt", "03T10:00:00", **text),
        version("logo.png", "03T10:00:00", product_id=None),
        # of a product that the catalog knows later, and of one it does not know
        version("c.png", "01T09:59:59", product_id="2"),
        version("d.png", "01T10:00:00", product_id="ü 3"),
        version("manual.txt", "01T10:00:00", product_id="4", **text),
    ]  # fmt: skip
    schema = contracts.get("processed.assets").schema
    source = frame(spark, schema, [[one.get(field.name) for field in schema] for one in versions])
    products = catalog(
        spark,
        contracts,
        ("85123A", "2026-03-01T00:00:00", "HEART"),
        ("85123A", "2026-03-02T10:59:59", "WHITE HEART"),
        ("85123A", "2026-03-02T11:00:00", "RED HEART"),
        ("2", "2026-03-01T10:00:00", "CLOCK"),
        ("5", "2026-03-01T10:00:00", "WITHOUT IMAGE"),
    )
    first = ("assets/c.png", "2026-03-01 09:59:59", "t/1", "png", 100, 4, 3, "0" * 16, None)
    newest = ("assets/b.webp", "2026-03-02 10:59:00", None, "webp", 20, 40, 30, "f" * 16, "dhash")
    expected = [
        ("85123A", "WHITE HEART", 3, 127, *newest),
        ("2", None, 1, 100, *first),
        ("Ü 3", None, 1, 100, "assets/d.png", "2026-03-01 10:00:00", *first[2:]),
    ]
    same(spark, quality.conform(product_assets.transform(source, products), contract), want(spark, contract, expected))


def run(platform: Platform, hours: str = HOUR) -> Counts:
    process(platform, hours)
    return platform.curate(hours, "assets").run().datasets["assets"]


def found(platform: Platform) -> dict[str, tuple[str | None, int, str]]:
    rows = platform.table("curated.product_assets").collect()
    return {row["product_id"]: (row["product_title"], row["images"], row["image_key"]) for row in rows}


def image(name: str, product_id: str, sequencer: str, state: str = "present", at: str = "12:30:05") -> dict:
    """An event of an object at a time of this day."""
    made = event(f"assets/{name}", "1", sequencer, state) | {"event_time": f"2026-03-01T{at}.250Z"}
    return made | ({"product_id": product_id} if state == "present" else {})


def test_any_order_and_number_of_runs_leaves_the_same_table(platform: Platform) -> None:
    land_file(platform, "products", "2010-12-01T06:10:00Z", product("HEART", "2010-11-01T00:00:00"))
    platform.run("2010-12-01T06:00:00Z/2010-12-01T07:00:00Z", "products")
    history = [
        image("a.png", "85123a", "0A"),
        image("b.png", "85123A", "0B", at="12:40:00"),
        image("c.png", "2", "0C"),
        image("c.png", "2", "0D", "removed"),
        event("assets/d.png", "1", "0E") | {"product_id": "3"},
        event("assets/d.png", "2", "0F") | {"product_id": "85123A", "event_time": "2026-03-01T12:10:00.000Z"},
    ]
    outcome = {"85123A": ("HEART", 3, "assets/b.png")}
    for start in (4, 2, 0):
        land(platform, *history[start : start + 2])
        run(platform)
    assert found(platform) == outcome
    once, mains = platform.rows("curated.product_assets"), platform.mains()
    assert run(platform) == Counts(received=5, processed=5)
    assert platform.mains() == mains  # not one commit for a rerun that changes nothing
    assert all(file.processed for file in platform.ledger.items.values())
    for name in ("processed.assets", "curated.product_assets"):
        platform.spark.sql(f"DELETE FROM {platform.made[name]}")
    run(platform)
    assert platform.rows("curated.product_assets") == once


def test_a_run_recomputes_only_the_products_it_touches(platform: Platform) -> None:
    land(platform, image("a.png", "1", "0A"), image("b.png", "2", "0B"), image("logo.png", "3", "0C"))
    run(platform)
    # Were it recomputed, too, the row that is put here by hand would be set right.
    platform.spark.sql(
        f"UPDATE {platform.made['curated.product_assets']} SET image_key = 'left alone' WHERE product_id = '1'"
    )
    # The image of one product becomes another's, the only one of a third is gone: all three change.
    moved = event("assets/b.png", "2", "0D") | {"product_id": "4"}
    land(platform, moved, image("logo.png", "3", "0E", "removed"), arrival="2026-03-01T13:30:05Z")
    run(platform, "2026-03-01T13:00:00Z/2026-03-01T14:00:00Z")
    assert found(platform) == {"1": (None, 1, "left alone"), "4": (None, 1, "assets/b.png")}


def test_a_version_that_is_gone_keeps_its_product_whatever_came_first(platform: Platform) -> None:
    history = [image("a.png", "1", "0A"), image("a.png", "1", "0B", "removed")]
    for rows in (history, history[::-1]):
        for one in rows:
            land(platform, one)
            process(platform)
            platform.ledger.items.clear()  # each run sees its own event only
        gone = platform.table("processed.assets").collect()
        assert [(row["state"], row["product_id"], row["kind"]) for row in gone] == [("removed", "1", None)]
        platform.empty()


def test_an_hour_without_objects_changes_nothing(platform: Platform) -> None:
    assert run(platform) == Counts()
    assert found(platform) == {}
