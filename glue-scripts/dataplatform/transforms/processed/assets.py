"""Assets: what the events of objects say, and which version of each object is the current one."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dataplatform.objects_order import order
from dataplatform.transforms.kinds import ObjectTransform

OBJECT = "object_key"
CURRENT = "is_current"


def describe(rows: DataFrame) -> DataFrame:
    """Take raw rows and return the contract's columns but ``is_current``, one row an event."""
    return rows.select(
        "object_key",
        "version_id",
        F.substring(F.sha2("object_key", 256), 1, 1).alias("key_shard"),
        "sequencer",
        "event_name",
        F.to_timestamp("event_time").alias("event_time"),
        "state",
        "product_id",
        "kind",
        "media_type",
        "size_bytes",
        "sha256",
        "image_format",
        "width",
        "height",
        "orientation",
        "perceptual_hash",
        "perceptual_hash_method",
        "thumbnail_key",
        "text_encoding",
        "text_kind",
        "line_count",
        "word_count",
        "character_count",
    )


def current(versions: DataFrame) -> DataFrame:
    """Mark, among all versions of each object, the one that the object holds.

    Versions that are gone don't count: when the newest goes, or a delete marker does, the one before is current again.
    """
    there = F.when(F.col("state") != "removed", order())
    last = F.max(there).over(Window.partitionBy(OBJECT))
    return versions.withColumn(CURRENT, (F.col("state") == "present") & (order() == last))


TRANSFORM = ObjectTransform(
    describe=describe,
    current=current,
    object_column=OBJECT,
    current_column=CURRENT,
    # The event of a removal does not say it, and what was computed of the product has to be found to be put right.
    lasting=("product_id",),
)
