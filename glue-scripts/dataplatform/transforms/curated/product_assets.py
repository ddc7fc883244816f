"""The images that each product has, and the newest of them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.curated.newest import with_title
from dataplatform.transforms.kinds import CuratedTransform, RowCount
from dataplatform.transforms.processed import letters


def product() -> Column:
    """The product code as the catalog writes it; names of folders and metadata come in any case."""
    return letters.code(F.col("product_id"))


def shown() -> Column:
    """Whether a version is the current image of a product."""
    return F.col("is_current") & (F.col("kind") == "image") & F.col("product_id").isNotNull()


def transform(source: DataFrame, products: DataFrame) -> DataFrame:
    """Take the current images of each product. Of images that came at one time the last by key is the newest."""
    images = source.where(shown())
    newest = (
        images.groupBy(product().alias("product"))
        .agg(
            F.max_by(F.struct(*images.columns), F.struct("event_time", "object_key")).alias("_newest"),
            F.count("*").alias("images"),
            F.sum("size_bytes").alias("bytes"),
        )
        .withColumn("_hour", F.date_trunc("hour", F.col("_newest.event_time")))
    )
    return with_title(newest, products, "product", "_hour").select(
        F.col("product").alias("product_id"),
        "product_title",
        "images",
        "bytes",
        F.col("_newest.object_key").alias("image_key"),
        F.col("_newest.event_time").alias("image_time"),
        "_newest.thumbnail_key",
        "_newest.image_format",
        "_newest.size_bytes",
        "_newest.width",
        "_newest.height",
        "_newest.perceptual_hash",
        "_newest.perceptual_hash_method",
    )


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("images", shown), key={"product_id": product})
