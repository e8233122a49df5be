"""Refusals as responses."""

import json

import pytest

from hondo.web.http.refusal import REASONS, Refusal, documented


def test_a_response_says_why_in_one_line() -> None:
    response = Refusal(404, "no such\nmodel").response()
    assert response.status_code == 404 and json.loads(bytes(response.body)) == {"error": "no such model"}


def test_headers_tell_when_to_retry_and_how_to_authorize() -> None:
    assert Refusal(429, "x", retry_after_s=0.2).headers == {"Retry-After": "1", "Connection": "close"}
    assert Refusal(401, "x").headers == {"WWW-Authenticate": "Bearer"}


def test_only_documented_statuses_are_used() -> None:
    with pytest.raises(AssertionError, match="documented"):
        Refusal(418, "x")
    assert {status: entry["description"] for status, entry in documented(REASONS).items()} == REASONS
