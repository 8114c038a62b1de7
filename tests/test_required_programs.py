"""An absent program is a skip with its reason; a required one that is absent is a failure."""

import os

import pytest


@pytest.fixture
def absent(require, monkeypatch):
    """Pretend that PSPP is not installed."""
    monkeypatch.setitem(require.__globals__["FINDERS"], "pspp", lambda: (None, "PSPP is not installed"))
    return require


@pytest.mark.parametrize("required", ["", "r,browser"])
def test_absent_program_skips_with_its_reason(absent, monkeypatch, required):
    monkeypatch.setenv("TOPLINE_REQUIRE", required)
    with pytest.raises(pytest.skip.Exception, match="PSPP is not installed"):
        absent("pspp")


def test_required_program_that_is_absent_fails(absent, monkeypatch):
    monkeypatch.setenv("TOPLINE_REQUIRE", "r, pspp")
    with pytest.raises(pytest.fail.Exception, match="TOPLINE_REQUIRE names 'pspp', but PSPP is not installed"):
        absent("pspp")


def test_present_program_is_given(require, monkeypatch):
    monkeypatch.setitem(require.__globals__["FINDERS"], "pspp", lambda: (os.devnull, ""))
    assert require("pspp") == os.devnull
