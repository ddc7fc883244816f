"""What was known of each product before a time."""

from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dataplatform import objects_order
from dataplatform.transforms.curated.newest import newest
from dataplatform.transforms.curated.product_assets import product
from dataplatform.transforms.features.as_of import instant
from dataplatform.transforms.kinds import FeatureTransform

BANDS = 5
# An image whose sides differ by less than a tenth looks square.
_SQUARE = 1.1


def transform(products: DataFrame, assets: DataFrame, as_of: datetime) -> DataFrame:
    """Describe each product by its version that was valid last before ``as_of``, and by the images it had then."""
    known = newest(products.where(F.col("valid_from") < instant(as_of)), "product_id")
    return (
        known.join(_bands(known), "product_id", "left")
        .join(_images(assets, as_of), "product_id", "left")
        .select(
            instant(as_of).alias("as_of"),
            "product_id",
            "title",
            "category",
            "price",
            "price_band",
            F.coalesce("images", F.lit(0).cast("bigint")).alias("images"),
            "image_aspect",
            F.col("first_valid").alias("known_since"),
        )
    )


def _bands(known: DataFrame) -> DataFrame:
    """The fifth of the priced products that each is in; equal prices are in one."""
    priced = known.where(F.col("price").isNotNull())
    # Distinct prices are few beside events: that all are ranked in one place is no burden.
    below = F.percent_rank().over(Window.orderBy("price"))
    band = F.least(F.floor(below * BANDS), F.lit(BANDS - 1)).cast("int")
    return priced.select("product_id", band.alias("price_band"))


def _images(assets: DataFrame, as_of: datetime) -> DataFrame:
    """The images that products had: of each object the version that came last before ``as_of``."""
    versions = assets.where(F.col("event_time") < instant(as_of))
    newest_versions = (
        versions.groupBy("object_key")
        .agg(F.max_by(F.struct(*versions.columns), F.struct(objects_order.order(), "event_time")).alias("_newest"))
        .select("_newest.*")
    )
    shown = (F.col("state") == "present") & (F.col("kind") == "image") & F.col("product_id").isNotNull()
    return (
        newest_versions.where(shown)
        .groupBy(product().alias("product_id"))
        .agg(
            F.count("*").alias("images"),
            F.max_by(_aspect(), F.struct("event_time", "object_key")).alias("image_aspect"),
        )
    )


def _aspect() -> Column:
    """The shape of an image as it is shown: orientations 5 to 8 lie on their side."""
    turned = F.col("orientation") >= 5
    width = F.when(turned, F.col("height")).otherwise(F.col("width"))
    height = F.when(turned, F.col("width")).otherwise(F.col("height"))
    return (
        F.when(height >= width * _SQUARE, "portrait").when(width >= height * _SQUARE, "landscape").otherwise("square")
    )


TRANSFORM = FeatureTransform(transform=transform)
