"""Dates as files count them: seconds, milliseconds or days since an origin, to and from calendar time, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .codebook import Code

CALENDAR = (-62_135_596_800_000_000, 253_402_300_800_000_000)
"""Microseconds from 1970 to the beginning of the year 1, and to the end of the year 9999."""


@dataclass(frozen=True)
class Clock:
    """How a file format counts time.

    Attributes
    ----------
    unit : int
        Microseconds in one unit.
    origin : int
        Microseconds from the origin to 1970-01-01.
    step : int
        Microseconds floats of this clock tell apart in our centuries.
    """

    unit: int
    origin: int
    step: int

    def read(self, counts: npt.NDArray[np.float64]) -> npt.NDArray[np.datetime64]:
        """Give calendar times for counts; NaN becomes a missing time.

        Whole units and the fraction are taken apart first, because multiplying a float of SPSS seconds would lose
        what it holds: 2 microseconds. A fraction is read as the multiple of the step that has the same float, if
        there is one (a file's ``.001`` s is 1 ms, not 1.0004), else to the microsecond, so that the float is kept.

        Raises
        ------
        OverflowError
            When a count lies outside the years 1 to 9999.

        Examples
        --------
        >>> SPSS_SECONDS.read(np.array([12219379200.5, np.nan])).tolist()
        [datetime.datetime(1970, 1, 1, 0, 0, 0, 500000), None]
        """
        absent = np.isnan(counts)
        filled = np.where(absent, self.origin / self.unit, counts)
        earliest, latest = ((bound + self.origin) / self.unit for bound in CALENDAR)
        if not ((filled >= earliest) & (filled < latest)).all():
            raise OverflowError("a date lies outside the years 1 to 9999")
        whole = np.floor(filled)
        steps = np.rint((filled - whole) * (self.unit / self.step))
        neat = whole + steps / (self.unit / self.step) == filled
        parts = np.where(neat, steps * self.step, np.rint((filled - whole) * self.unit)).astype("int64")
        times: npt.NDArray[np.datetime64] = (whole.astype("int64") * self.unit + parts - self.origin).astype(
            "datetime64[us]"
        )
        times[absent] = np.datetime64("NaT", "us")
        return times

    def count(self, column: pd.Series) -> npt.NDArray[np.float64]:
        """Give counts for a column of times; a missing time becomes NaN.

        Examples
        --------
        >>> STATA_DAYS.count(pd.Series(["1960-01-02", None], dtype="datetime64[us]")).tolist()
        [1.0, nan]
        """
        times = column.to_numpy(dtype="datetime64[us]")
        since = times.astype("int64") + self.origin
        counts: npt.NDArray[np.float64] = (since // self.unit).astype("float64") + (since % self.unit) / self.unit
        counts[np.isnat(times)] = np.nan
        return counts

    def code(self, count: Any) -> Code:
        """Give the ISO code of a count, e.g. for a user-missing date.

        Examples
        --------
        >>> SPSS_SECONDS.code(12219379200.0)
        '1970-01-01'
        """
        time = pd.Timestamp(self.read(np.array([count], dtype="float64"))[0])
        return time.isoformat().removesuffix("T00:00:00")

    def count_of(self, code: Code) -> float:
        """Give the count of an ISO code.

        Examples
        --------
        >>> SPSS_SECONDS.count_of("1970-01-01")
        12219379200.0
        """
        return float(self.count(pd.Series([str(code)], dtype="datetime64[us]"))[0])


DAY = 86_400_000_000
SPSS_SECONDS = Clock(1_000_000, 12_219_379_200_000_000, 10)
"""SPSS counts seconds from 14 October 1582, the eve of the Gregorian calendar."""
STATA_DAYS = Clock(DAY, 3653 * DAY, 1_000_000)
STATA_MILLISECONDS = Clock(1_000, 3653 * DAY, 10)
"""Stata counts days or milliseconds from 1 January 1960."""


def whole_days(column: pd.Series) -> bool:
    """Say whether no time in a column has hours.

    Examples
    --------
    >>> whole_days(pd.Series(["2026-01-05T10:00:00"], dtype="datetime64[us]"))
    False
    """
    known = column.dropna().to_numpy(dtype="datetime64[us]").astype("int64")
    return bool((known % DAY == 0).all())
