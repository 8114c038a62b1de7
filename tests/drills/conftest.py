"""A made population in towns of six strata, and two-stage samples drawn from it over and over.

All samples have the same layout, so that a sample is a column and one call estimates hundreds of them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, Study, Variable

TOWNS = (30, 40, 60, 80, 100, 130)
"""Towns in the population of each stratum."""

PEOPLE, ASKED = 200, 15
"""People in each town, and how many are asked in a sampled one."""

LAYOUT = ("w", "stratum", "town", "person", "towns", "people")


@dataclass(frozen=True)
class Samples:
    """Many samples of one layout: the rows' design, and by field a column of values for each sample."""

    layout: pd.DataFrame
    values: dict[str, np.ndarray]

    def __len__(self) -> int:
        return next(iter(self.values.values())).shape[1]

    def design(self, binary: bool = False, **fields: np.ndarray) -> Design:
        """Give one design with the samples' values as columns of the fields' names and numbers: s0, s1 ..."""
        columns = {f"{name}{at}": column for name, values in fields.items() for at, column in enumerate(values.T)}
        labels = {1.0: "yes", 0.0: "no"} if binary else {}
        variables = [Variable(name, labels=labels) for name in columns] + [Variable(name) for name in LAYOUT]
        frame = pd.concat([pd.DataFrame(columns), self.layout], axis=1)
        return Design(
            Study(frame, Codebook(tuple(variables))),
            weight="w",
            strata="stratum",
            psu=["town", "person"],
            fpc=["towns", "people"],
        )

    def names(self, field: str) -> list[str]:
        return [f"{field}{at}" for at in range(len(self))]

    @staticmethod
    def summary(frame: pd.DataFrame, truth: float) -> dict[str, float]:
        """Give coverage, how often the interval lies above and below the truth, and bias.

        Bias is counted in Monte Carlo errors (``bias``) and in standard errors (``shift``).
        """
        error, low, high = frame["estimate"] - truth, frame["low"], frame["high"]
        assert low.notna().all() and high.notna().all()
        shift = float(error.mean() / error.std(ddof=0))
        return {
            "covered": float(((low <= truth) & (truth <= high)).mean()),
            "above": float((low > truth).mean()),
            "below": float((high < truth).mean()),
            "width": float((high - low).mean()),
            "bias": shift * float(np.sqrt(len(frame))),
            "shift": shift,
            "se_ratio": float(np.sqrt((frame["se"] ** 2).mean()) / error.std(ddof=0)),
        }


@dataclass(frozen=True)
class Population:
    """Everybody, by field as stratum x town x person.

    ``score`` is skewed, ``size`` a number to divide it by, ``sex`` 1 or 0; ``trust1`` to ``trust3`` are answers from 0
    to 4 to one thing, ``first`` and ``second`` two ratings in three categories. ``alone`` is skewed too, and not alike
    within towns.
    """

    fields: dict[str, list[np.ndarray]]

    def everybody(self, field: str) -> np.ndarray:
        return np.concatenate([stratum.ravel() for stratum in self.fields[field]])

    def drawn(self, psus: int, samples: int, seed: int, fields: tuple[str, ...] = ("score", "size")) -> Samples:
        """Draw towns in each stratum, then people in each town, both without replacement, over and over."""
        random = np.random.default_rng(seed)
        towns, layout = psus // len(TOWNS), []
        values = {name: np.empty((psus * ASKED, samples)) for name in fields}
        ends = np.arange(len(TOWNS) + 1) * towns * ASKED
        for stratum, (among, (start, end)) in enumerate(zip(TOWNS, pairwise(ends), strict=True)):
            town = np.argsort(random.random((samples, among)), axis=1)[:, :towns]
            person = np.argsort(random.random((samples, towns, PEOPLE), dtype=np.float32), axis=2)[:, :, :ASKED]
            for name in fields:
                values[name][start:end] = self.fields[name][stratum][town[:, :, None], person].reshape(samples, -1).T
            layout.append(
                pd.DataFrame(
                    {
                        "w": among / towns * PEOPLE / ASKED,
                        "stratum": stratum,
                        "town": np.repeat(np.arange(towns), ASKED),
                        "person": np.arange(end - start),
                        "towns": among,
                        "people": PEOPLE,
                    }
                )
            )
        return Samples(pd.concat(layout, ignore_index=True), values)


@pytest.fixture(scope="session")
def population() -> Population:
    random, other, third = (np.random.default_rng(seed) for seed in (11, 12, 13))
    fields: dict[str, list[np.ndarray]] = {}
    for stratum, towns in enumerate(TOWNS):
        lean = 0.15 * (stratum - 2.5) + random.normal(0, 0.4, (towns, 1)) + random.logistic(size=(towns, PEOPLE))
        score = np.log1p(np.exp(lean))
        here = {"score": score, "size": random.gamma(4, 1, (towns, PEOPLE)) + 0.5 * score}
        here["sex"] = (other.random((towns, PEOPLE)) < 1 / (1 + np.exp(0.5 - 0.5 * lean))).astype(float)
        for item in ("trust1", "trust2", "trust3"):
            here[item] = np.clip(np.round(score + other.normal(0, 0.8, (towns, PEOPLE))), 0, 4)
        for rating in ("first", "second"):
            here[rating] = np.digitize(score + other.normal(0, 0.4, (towns, PEOPLE)), (0.6, 1.4)).astype(float)
        here["alone"] = third.gamma(2, 1, (towns, PEOPLE)) + 0.3 * stratum
        for name, values in here.items():
            fields.setdefault(name, []).append(values)
    return Population(fields)
