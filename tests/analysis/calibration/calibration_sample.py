"""The sample and the targets of the tests of calibration."""

import numpy as np
import pandas as pd

from topline.analysis.sampling.design import Design

SHARES = {"sex": {"1": 0.49, "2": 0.51}, "age4": {"1": 0.2, "2": 0.25, "3": 0.3, "4": 0.25}}

COUNTS = {name: {code: share * 80_000 for code, share in each.items()} for name, each in SHARES.items()}

MEANS = {"income": 31.0}


def sample(seed: int = 1, rows: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    age = random.choice([1.0, 2.0, 3.0, 4.0], rows, p=[0.32, 0.29, 0.22, 0.17])
    return pd.DataFrame(
        {
            "sex": random.choice([1.0, 2.0], rows, p=[0.55, 0.45]),
            "age4": age,
            "income": 20 + 4 * age + random.normal(0, 8, rows),
            "cost": random.gamma(4, 0.25, rows) + 0.1,
            "y": age + random.normal(size=rows),
            "base": random.gamma(5, 1, rows),
            "psu": np.arange(rows) % 30,
        }
    )


def base(seed: int = 1, rows: int = 300) -> Design:
    return Design(sample(seed, rows), weight="base")


def shares(design: Design, column: str) -> list[float]:
    return (
        pd.Series(design.weights)
        .groupby(design.study.frame[column].to_numpy())
        .sum()
        .div(design.weights.sum())
        .tolist()
    )


def average(design: Design, column: str) -> float:
    return float(np.average(design.study.frame[column], weights=design.weights))


JOINT = {"1*1": 0.2, "1*2": 0.15, "1*3": 0.15, "2*1": 0.2, "2*2": 0.15, "2*3": 0.15}

CASES = {
    "linear": {"margins": SHARES, "means": MEANS, "population": 900.0},
    "raking": {"margins": SHARES, "means": MEANS, "population": 900.0, "distance": "raking"},
    "shares alone": {"margins": SHARES, "means": MEANS, "distance": "raking"},
    "a total and the sum as it is": {"totals": {"income": 31 * 900.0}, "distance": "raking"},
    "bounded linear": {"margins": SHARES, "means": MEANS, "bounds": (0.6, 2.2)},
    "bounded raking": {"margins": SHARES, "means": MEANS, "bounds": (0.6, 2.2), "distance": "raking"},
    "logit": {"margins": SHARES, "means": MEANS, "bounds": (0.2, 4), "distance": "logit"},
    "cost": {"margins": SHARES, "means": MEANS, "cost": "cost", "distance": "raking"},
    "cost in cells": {"margins": SHARES, "cost": "dear", "distance": "raking"},
    "weights": {"margins": SHARES, "means": MEANS, "bounds": (2.0, 13.0), "bounds_on": "weights"},
    "logit weights": {"means": MEANS, "bounds": (0.5, 30.0), "bounds_on": "weights", "distance": "logit"},
    "cells": {"margins": SHARES, "bounds": (0.3, 3.0), "distance": "logit"},
    "far away": {"margins": COUNTS, "means": MEANS, "bounds": (0.3, 3.0)},
    "spread": {"margins": {"part": {"1": 0.4, "2": 0.6}, **SHARES}, "missing": "proportional", "means": MEANS},
    "joint": {"margins": {"sex*dear": JOINT}, "totals": {"income": 31 * 5000.0}, "population": 5000.0},
    "own class": {"margins": {"part": {"1": 0.3, "2": 0.7}, **SHARES}, "missing": "own_class", "distance": "raking"},
}


def derivable() -> Design:
    data = sample(rows=180)
    data["base"] *= 900 / data["base"].sum()
    data["part"] = np.where(data.index % 7 == 0, np.nan, 1.0 + data.index % 2)
    data["dear"] = 1.0 + data.index % 3
    return Design(data, weight="base")
