"""The endpoint's handler through the four functions that the container calls."""

import json

import numpy as np
import pytest
from conftest import Trained
from shop import customer_key

import inference
from recommender import answers

JSON = "application/json"


def ask(good: Trained, body: object, content_type: str = JSON) -> tuple[int, dict]:
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    loaded = inference.model_fn(str(good.folder)) if not hasattr(good, "loaded") else good.loaded
    good.loaded = loaded
    response = inference.output_fn(inference.predict_fn(inference.input_fn(raw, content_type), loaded), "text/csv")
    assert response.mimetype == JSON
    return response.status_code, json.loads(response.get_data())


def ids(answer: dict) -> list[str]:
    return [one["productId"] for one in answer["recommendations"]]


def test_a_customer_gets_what_it_does_not_have(good: Trained) -> None:
    status, answer = ask(good, {"customerKey": customer_key("7")})
    assert (status, answer["modelVersion"], answer["basis"], answer["unknown"]) == (200, "m1", "customer", [])
    scores = [one["score"] for one in answer["recommendations"]]
    assert len(scores) == 20
    assert scores == sorted(scores, reverse=True)
    key = customer_key("7")
    had = {row["product_id"] for row in good.shop.full if row["party_key"] == key}
    assert had
    assert not had & set(ids(answer))


def test_a_number_is_nobody(good: Trained) -> None:
    status, answer = ask(good, {"customerKey": "7"})
    assert (status, answer["basis"], answer["unknown"]) == (200, "popularity", ["7"])


def test_a_basket_leads_to_its_kind(good: Trained) -> None:
    status, answer = ask(good, {"products": ["p0003", " P0013 ", "NOSUCH"], "count": 5})
    assert (status, answer["basis"], answer["unknown"]) == (200, "products", ["NOSUCH"])
    assert len(ids(answer)) == 5
    assert not {"P0003", "P0013"} & set(ids(answer))
    assert sum(one.endswith("3") for one in ids(answer)) >= 3


@pytest.mark.parametrize("body", [{"customerKey": "no such"}, {"products": ["x", "y", "x"]}])
def test_the_unknown_get_the_bestsellers_and_are_told(good: Trained, body: dict) -> None:
    status, answer = ask(good, body)
    assert (status, answer["basis"]) == (200, "popularity")
    assert answer["unknown"] == (["no such"] if "customerKey" in body else ["X", "Y"])
    parties = good.model.popularity
    assert [one["score"] for one in answer["recommendations"]] == sorted(parties.tolist(), reverse=True)[:20]


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        ("{", JSON, "the body is not JSON"),
        (b"\xff\xfe{", JSON, "the body is not JSON"),
        ("[" * 100_000, JSON, "the body is not JSON"),
        ("[]", JSON, "not a JSON object"),
        ("{}", JSON, "give customerKey or products, one of them"),
        ({"customerKey": "1", "products": ["a"]}, JSON, "one of them"),
        ({"customerKey": "1"}, "text/csv", "the content type is 'text/csv'; allowed: application/json"),
        ({"customerId": "1"}, JSON, "unknown keys: 'customerId'; allowed: customerKey, products, count"),
        ({"customerKey": ""}, JSON, "customerKey is not a text of 1 to 128 characters"),
        ({"customerKey": 1}, JSON, "customerKey is not a text of 1 to 128 characters"),
        ({"customerKey": " "}, JSON, "customerKey is not a text"),
        ('{"customerKey": "\\ud800"}', JSON, "customerKey is not a text"),
        ({"products": []}, JSON, "products is not a list of 1 to 100 ids"),
        ({"products": ["a"] * 101}, JSON, "products is not a list"),
        ({"products": ["a", None]}, JSON, "products[1] is not a text"),
        ({"products": ["a\0"]}, JSON, "products[0] is not a text"),
        ({"customerKey": "1", "count": 0}, JSON, "count is not a whole number from 1 to 100"),
        ({"customerKey": "1", "count": True}, JSON, "count is not a whole number"),
        ('{"customerKey": "1", "count": NaN}', JSON, "count is not a whole number"),
        ({"customerKey": "1", "colour": "red"}, JSON, "unknown keys: 'colour'; allowed: customerKey"),
    ],
)
def test_a_bad_request_is_told_why(good: Trained, body: object, content_type: str, reason: str) -> None:
    status, answer = ask(good, body, content_type)
    assert status == 400
    assert reason in answer["error"]


def test_anything_is_answered(good: Trained) -> None:
    draw = np.random.default_rng(11)
    known = json.dumps({"customerKey": customer_key("7"), "count": 3}).encode()
    valid = [known, b'{"products": ["P0003", "P0013"], "count": 100}']
    pieces = [
        b'"',
        b"{",
        b"}",
        b"[",
        b"null",
        b"-1",
        b"1e999",
        b"\\u0000",
        b"\\ud800",
        "ß".encode(),
        b"\xff",
        b",",
        b":",
    ]
    seen = set()
    for turn in range(3000):
        body = bytearray(valid[turn % 2])
        for _ in range(draw.integers(1, 4)):
            at = int(draw.integers(len(body) + 1))
            match draw.integers(3):
                case 0:
                    body[at : at + int(draw.integers(4))] = b""
                case 1:
                    body[at:at] = pieces[draw.integers(len(pieces))]
                case _:
                    body[at : at + 1] = bytes([draw.integers(256)])
        status, answer = ask(good, bytes(body))
        assert (status == 200) == ("recommendations" in answer), body
        assert (status == 400) == bool(answer.get("error")), body
        if status == 200:
            assert 1 <= len(answer["recommendations"]) <= answers.MAX_COUNT
        seen.add((status, answer.get("basis")))
    assert seen == {(400, None), (200, "customer"), (200, "products"), (200, "popularity")}
