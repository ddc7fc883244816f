"""Codes of countries: of every writing in the table, and how many lines a run could not tell."""

import re
from pathlib import Path

import pytest
from conftest import Platform
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform import health
from dataplatform.transforms.processed import countries, country_names
from dataplatform.transforms.processed.country_keys import key

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

WRITTEN = {
    "GB": (
        "Great Britain",
        "UNITED  KINGDOM",
        "GB",
        "uk",
        "U.K.",
        "Vereinigtes Königreich",
        "Scotland",
        "gbr",
        "United Kingdom (UK)",
    ),
    "DE": ("DE", "DEU", "Deutschland", "ALLEMAGNE", "Bundesrepublik Deutschland"),
    "AT": ("Österreich", "OSTERREICH", "ÖSTERREICH"),
    "ES": ("España", "Espana", "Spanien"),
    "IE": ("Republic of Ireland", "EIRE", "Ireland, Republic of"),
    "GR": ("EL", "Ελλάδα", "ΕΛΛΑΔΑ", "Ελλάς"),
    "NZ": ("New Zealand", "new\u00a0zealand"),
    "IN": ("India",),
    "CN": ("China", "中国"),
    "TR": ("Turkey", "Türkiye", "TÜRKİYE"),
    "CZ": ("Czechia", "Czech Republic", "Česká republika"),
    "NL": ("Holland", "The Netherlands", "Netherlands (the)", "Netherlands, The"),
    "KR": ("South Korea", "Korea, Republic of"),
    "US": ("United States of America", "U.S.A.", "United States (US)", "EE.UU.", "Vereinigte Staaten von Amerika"),
    "NA": ("Namibia", "NA"),
    "CI": ("Côte d’Ivoire", "COTE D'IVOIRE", "Ivory Coast"),
    "BA": ("Bosnia & Herzegovina", "Bosnia and Herzegovina"),
    "CD": ("Democratic Republic of the Congo", "Congo, Democratic Republic of the"),
    "PH": ("Philippines (the)",),
    "HK": ("香港",),
    "VA": ("Holy See",),
    "HU": ("Magyarország",),
    None: (
        "Channel Islands",
        "European Community",
        "Unspecified",
        "Czechoslovakia",
        "Kongo",
        "",
        "West Indies",
        "x" * 2000,
    ),
}


def test_names_and_codes_as_shops_write_them(spark: SparkSession) -> None:
    given = [(name, code) for code, names in WRITTEN.items() for name in names]
    rows = spark.createDataFrame(given, "name string, want string").withColumn("got", countries.code(F.col("name")))
    assert [tuple(row) for row in rows.where("NOT got <=> want").collect()] == []


def test_every_key_of_the_table_is_found_and_computed_alike_in_both_places(spark: SparkSession) -> None:
    writings = [one for name in countries.CODES for one in (name, name.upper(), f"  {name}  ")]
    wanted = [(one, countries.CODES.get(key(one))) for one in writings]
    rows = spark.createDataFrame(wanted, "name string, want string")
    wrong = rows.withColumn("got", countries.code(F.col("name"))).where("NOT got <=> want")
    assert [tuple(row) for row in wrong.limit(10).collect()] == []


def test_the_table_says_where_it_is_from_and_holds_every_country_once() -> None:
    lines = country_names.TABLE.splitlines()
    assert len(lines) == 249
    names = [name for line in lines for name in line.split("|")[1:]]
    assert len(names) == len(set(names)) == len(countries.CODES)
    assert all(key(name) == name for name in names)
    for pinned in ("babel", "pycountry"):
        makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
        version = re.search(rf"{pinned}==([0-9.]+)", makefile).group(1)
        assert re.search(rf"{pinned} {re.escape(version)}\b", country_names.__doc__, re.IGNORECASE)


@pytest.mark.parametrize("name", ["Narnia", "Channel Islands"])
def test_a_run_tells_how_many_lines_name_no_country_that_is_known(platform: Platform, name: str) -> None:
    lines = [
        f"{n},85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,{c}\n" for n, c in enumerate((name, name, "France"), 1)
    ]
    bad = f"4,85123A,HEART,six,2010-12-01 08:26:00,2.55,17850,{name}\n"
    platform.ledger.land(HEADER + "".join(lines) + bad, "2010-12-01T09:00:00Z")
    report = platform.process("2010-12-01T10:00:00Z").run()
    assert report.document()["unknownCountries"] == 2
    assert health.figures(report)["UnknownCountries"] == 2
