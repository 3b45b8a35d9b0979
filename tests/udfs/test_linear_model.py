from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.udfs.linear_model import KINDS, LinearModel, ModelError, load

MODEL: dict[str, Any] = {"version": "v1", "features": ["a", "b"], "coefficients": [2, -0.5], "intercept": 1}
REQUIRED = "required are features, coefficients, intercept and version, and kind is optional"


def model(**changes: Any) -> LinearModel:
    return load(json.dumps({**MODEL, **changes}).encode())


def error(raw: bytes | dict[str, Any], sha256: str | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        load(raw if isinstance(raw, bytes) else json.dumps({**MODEL, **raw}).encode(), sha256)
    return str(caught.value)


def test_a_model_has_the_values_of_its_file_and_the_hash_of_its_bytes() -> None:
    raw = json.dumps(MODEL).encode()
    sha256 = hashlib.sha256(raw).hexdigest()
    assert load(raw) == LinearModel("linear", "v1", ("a", "b"), (2.0, -0.5), 1.0, sha256)
    assert load(raw, sha256.upper()).sha256 == sha256


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        ("linear", (3, 4), 5.0),
        ("linear_svm", (-3, 4), -7.0),
        ("logistic", (0, 2), 0.5),
        ("logistic", (1000, 0), 1.0),
        ("logistic", (-1000, 0), 0.0),
        ("logistic", (math.inf, 0), 1.0),
        ("logistic", (-math.inf, 0), 0.0),
        ("linear", (math.inf, 0), math.inf),
    ],
)
def test_the_prediction_of_each_kind(kind: str, values: tuple[float, float], wanted: float) -> None:
    assert model(kind=kind).predict(values) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_the_prediction_for_a_nan_is_nan(kind: str) -> None:
    assert math.isnan(model(kind=kind).predict((math.nan, 1.0)))
    assert math.isnan(model(kind=kind).predict((math.inf, math.inf)))


@given(values=st.tuples(st.floats(-50, 50), st.floats(-50, 50)))
def test_a_logistic_prediction_is_the_probability_of_the_linear_one(values: tuple[float, float]) -> None:
    linear, logistic = model().predict(values), model(kind="logistic").predict(values)
    assert 0.0 <= logistic <= 1.0
    assert logistic == pytest.approx(0.5 * (1 + math.tanh(linear / 2)), abs=1e-15)


@pytest.mark.parametrize("values", [(), (1.0,), (1.0, 2.0, 3.0)])
def test_the_wrong_number_of_values_is_an_error(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        model().predict(values)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "it is not valid JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": NaN}', "it is not valid JSON: NaN is not a finite number"),
        (b'{"a": -Infinity}', "it is not valid JSON: -Infinity is not a finite number"),
        (b'{"a": 1, "a": 2}', 'it is not valid JSON: the key "a" occurs twice'),
        (b"[]", f"it is not a JSON object; {REQUIRED}"),
        (b'{"features": []}', f"it has the keys features; {REQUIRED}"),
        ({"more": 1}, f"it has the keys coefficients, features, intercept, more, version; {REQUIRED}"),
        ({"kind": "tree"}, "its kind is 'tree'; allowed are linear, logistic, linear_svm"),
        ({"version": ""}, "its version is ''; it must be a text of 1 to 100 characters"),
        ({"version": 1}, "its version is 1; it must be a text of 1 to 100 characters"),
        ({"features": []}, "its features are []; they must be a list of column names"),
        ({"features": ["a", 1]}, "its features are ['a', 1]; they must be a list of column names"),
        ({"features": ["a", "a"]}, 'its feature "a" occurs twice'),
        ({"coefficients": [1]}, "it has 2 features and 1 coefficients; it must have as many of each"),
        ({"coefficients": 1}, "it has 2 features and no list of coefficients; it must have as many of each"),
        ({"intercept": "1"}, "it contains '1'; coefficients and intercept must be numbers up to 1e300"),
        ({"intercept": True}, "it contains True; coefficients and intercept must be numbers up to 1e300"),
        ({"coefficients": [1, 1e301]}, "it contains 1e+301; coefficients and intercept must be numbers up to 1e300"),
        ({"coefficients": [1, None]}, "it contains None; coefficients and intercept must be numbers up to 1e300"),
    ],
)
def test_a_file_that_is_no_model_is_rejected_with_what_is_wrong(raw: bytes | dict[str, Any], text: str) -> None:
    assert error(raw) == text


def test_a_number_that_json_reads_as_infinite_is_rejected() -> None:
    raw = json.dumps(MODEL).replace("-0.5", "1e999").encode()
    assert error(raw) == "it contains inf; coefficients and intercept must be numbers up to 1e300"


def test_a_kind_that_is_no_text_is_rejected() -> None:
    assert error({"kind": ["linear"]}) == "its kind is ['linear']; allowed are linear, logistic, linear_svm"


def test_a_file_with_another_hash_is_rejected_before_it_is_parsed() -> None:
    raw = b"not json"
    assert error(raw, "0" * 64) == (
        f"its sha256 is {hashlib.sha256(raw).hexdigest()}, but the job file states {'0' * 64}"
    )


def test_a_file_above_4_mib_is_rejected() -> None:
    assert error(b" " * (4 * 1024 * 1024 + 1)) == "it has 4,194,305 bytes; at most 4,194,304 (4 MiB) are allowed"


def test_deeply_nested_json_is_rejected() -> None:
    assert error(b"[" * 200_000).startswith("it is not valid JSON: ")
