"""Dates as files count them, to and from calendar time."""

import numpy as np
import pandas as pd
import pytest

from topline.data.dates import SPSS_SECONDS, STATA_DAYS, STATA_MILLISECONDS, whole_days

CLOCKS = [SPSS_SECONDS, STATA_DAYS, STATA_MILLISECONDS]


def test_known_counts():
    # SPSS: DATE.DMY(1,1,2000) is 13166064000; Stata: td(01jan2000) is 14610, tc(01jan2000 00:00:01) is 1262304001000
    assert SPSS_SECONDS.code(13166064000.0) == "2000-01-01"
    assert STATA_DAYS.code(14610.0) == "2000-01-01"
    assert STATA_MILLISECONDS.code(1262304001000.0) == "2000-01-01T00:00:01"
    assert SPSS_SECONDS.count_of("2000-01-01") == 13166064000.0
    assert STATA_DAYS.count_of("2000-01-01") == 14610.0


@pytest.mark.parametrize("clock", CLOCKS)
def test_counts_survive_to_the_bit(clock):
    generator = np.random.default_rng(4)
    counts = (
        generator.uniform(8.6e9, 1.6e10, 2000) if clock is SPSS_SECONDS else generator.integers(-1e5, 2e5, 2000) + 0.0
    )
    column = pd.Series(clock.read(counts))
    assert (clock.count(column) == counts).all()


@pytest.mark.parametrize("clock", [SPSS_SECONDS, STATA_MILLISECONDS])
def test_times_of_ten_microseconds_survive(clock):
    generator = np.random.default_rng(4)
    grid = generator.integers(-1_000_000_000_000_0, 1_500_000_000_000_00, 2000) * 10
    column = pd.Series(grid.astype("datetime64[us]"))
    assert (pd.Series(clock.read(clock.count(column))) == column).all()


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("count", [1e20, -1e20, np.inf])
def test_counts_outside_the_calendar_are_refused(clock, count):
    with pytest.raises(OverflowError):
        clock.read(np.array([0.0, count]))


@pytest.mark.parametrize("clock", CLOCKS)
def test_missing_stays_missing_and_nothing_stays_nothing(clock):
    assert np.isnat(clock.read(np.array([np.nan]))).all()
    assert len(clock.read(np.array([]))) == 0
    assert np.isnan(clock.count(pd.Series([None], dtype="datetime64[us]"))).all()


def test_whole_days():
    assert whole_days(pd.Series(["1500-01-01", None], dtype="datetime64[us]"))
    assert whole_days(pd.Series([], dtype="datetime64[us]"))
    assert not whole_days(pd.Series(["1500-01-01T00:00:00.000001"], dtype="datetime64[us]"))
