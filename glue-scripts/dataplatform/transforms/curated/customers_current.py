"""Demographics of each customer, without what names one."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.curated.newest import newest
from dataplatform.transforms.kinds import CuratedTransform, RowCount

# The first year of age of each band.
BANDS = {18: "18_24", 25: "25_34", 35: "35_44", 45: "45_54", 55: "55_64", 65: "65_plus"}


def transform(source: DataFrame) -> DataFrame:
    """Derive age band and postcode area from the newest version of each customer's record."""
    return newest(source, "customer_id").select(
        "customer_key",
        age_band().alias("age_band"),
        postcode_area().alias("postcode_area"),
        "country",
        "country_code",
        F.col("email").isNotNull().alias("has_email"),
        "valid_from",
        F.col("first_valid").alias("customer_since"),
        "versions",
    )


def age_band() -> Column:
    """The age when the version became valid: with the age of today the table would change without any new data."""
    age = F.floor(F.months_between(F.to_date("valid_from"), "birth_date") / 12)
    band = F.when(age < min(BANDS), F.lit("under_18"))
    for first in sorted(BANDS, reverse=True):
        band = band.when(age >= first, F.lit(BANDS[first]))
    return band


def postcode_area() -> Column:
    """The letters that begin a British postcode name its town; elsewhere two characters are about as coarse."""
    british = F.regexp_extract("postcode", "^([A-Z]{1,2})[0-9]", 1)
    area = F.when(F.col("country_code") == "GB", british).otherwise(F.substring("postcode", 1, 2))
    return F.when(area != "", area)


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("versions"), pseudonymous=True)
