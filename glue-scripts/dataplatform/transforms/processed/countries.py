"""Country codes (ISO 3166-1 alpha-2) of the names that shop exports use."""

from itertools import chain

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataplatform.transforms.processed import letters

# Names that stand for no single country (Channel Islands, European Community, West Indies) have no code.
CODES = {
    "Australia": "AU",
    "Austria": "AT",
    "Bahrain": "BH",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Denmark": "DK",
    "EIRE": "IE",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Iceland": "IS",
    "Ireland": "IE",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Korea": "KR",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Luxembourg": "LU",
    "Malta": "MT",
    "Netherlands": "NL",
    "Nigeria": "NG",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "RSA": "ZA",
    "Saudi Arabia": "SA",
    "Singapore": "SG",
    "South Africa": "ZA",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "Thailand": "TH",
    "UK": "GB",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
    "United States": "US",
}


def code(name: Column) -> Column:
    """Return the code of a country's name, upper or lower case alike; null when the name is not a country."""
    pairs = chain.from_iterable((key.lower(), CODES[key]) for key in sorted(CODES))
    return F.create_map(*[F.lit(text) for text in pairs])[letters.lower(name)]
