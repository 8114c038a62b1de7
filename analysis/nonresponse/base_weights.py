"""Base weights: one over the probability with which each unit was drawn, through all stages of selection.

Horvitz and Thompson (1952), JASA 47; Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting
Survey Samples, section 13.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ..estimation.method import counted
from ..replication.carry_out import carried_out
from ..sampling.categories import Bools, Codes, Floats, names_of, numbers
from ..sampling.design import Design, check_design
from ..sampling.step import CellFactors, Replicate, WeightingStep


@dataclass(frozen=True, eq=False)
class FixedFactors:
    """Factors that no replicate changes.

    Attributes
    ----------
    change : CellFactors
        For each row its class, and the factor of each class.
    """

    change: CellFactors

    @property
    def classes(self) -> Codes:
        """For each row its class."""
        return self.change.cell

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors:
        """Give the factors, whatever the replicate."""
        return self.change


def fixed_factors(factor: Floats) -> FixedFactors:
    """Keep a factor for each row.

    Examples
    --------
    >>> fixed_factors(np.array([2.0, 4.0, 2.0])).classes.tolist()
    [0, 1, 0]
    """
    values, cell = np.unique(factor, return_inverse=True)
    return FixedFactors(CellFactors(cell.astype(np.int64), values))


def base_weights(
    design: Design,
    probability: str | Sequence[str] | None = None,
    *,
    factor: str | Sequence[str] | None = None,
    divisor: str | Sequence[str] | None = None,
) -> Design:
    """Multiply weights by one over the probabilities of selection, and by what else selection is known to depend on.

    The weights that the design has already stay in the product. Without ``weight=`` and ``fpc=`` they are 1, and the
    result is the base weight.

    Parameters
    ----------
    design : Design
        The sample.
    probability : str or sequence of str, optional
        Columns of selection probabilities, above 0 and at most 1, one for each stage, e.g. ``["p_town", "p_address"]``;
        their product is the probability of the unit.
    factor : str or sequence of str, optional
        Columns to multiply by, e.g. ``"adults"``, the number of adults of whom one was drawn.
    divisor : str or sequence of str, optional
        Columns to divide by, e.g. ``"phone_lines"``, over each of which the unit could have been reached.

    Returns
    -------
    Design
        The same sample; the step's ``table`` has for each column its role, n, minimum, mean and maximum.

    Raises
    ------
    EstimationError
        When given something else than a Design, or a column holds no numbers.
    WeightingError
        When no column is named, or a value is missing or outside its range in a row that has a weight.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not where the weight column or the fpc of the design has these probabilities in it: they would count twice. The
    factors are known numbers, so they add nothing to a variance.

    References
    ----------
    Valliant, Dever and Kreuter (2018), section 13.3. Lohr (2010), Sampling: Design and Analysis, section 7.1.

    Examples
    --------
    >>> wave = pd.DataFrame({"p_town": [0.5, 0.5, 0.25], "p_home": [0.1, 0.1, 0.2], "adults": [1, 2, 2]})
    >>> base_weights(Design(wave), ["p_town", "p_home"], factor="adults").weights.round(10).tolist()
    [20.0, 40.0, 40.0]
    """
    check_design(design, "base_weights")
    roles = {"probability": names_of(probability), "factor": names_of(factor), "divisor": names_of(divisor)}
    if not any(roles.values()):
        raise WeightingError(
            "base_weights needs a column: probability='p' (above 0, at most 1), factor='adults', or divisor='lines'."
        )
    part = design.weights > 0
    columns = {(role, name): _column(design, name, role, part) for role, names in roles.items() for name in names}
    product = np.ones(len(part))
    for (role, _), values in columns.items():
        product = product * values if role == "factor" else product / values
    _check_size(design.weights * product)
    step = WeightingStep(
        kind="base_weights",
        words=_words(roles),
        before=design.weights,
        after=design.weights * product,
        task=fixed_factors(product),
        options={role: list(names) for role, names in roles.items()},
        table=_table(columns, part),
        notes=_notes(design, part),
        brief=_notes(design, part),
    )
    return carried_out(design, step)


def _column(design: Design, name: str, role: str, part: Bools) -> Floats:
    """Give a column, 1 in rows without a weight; refuse what cannot be what it is said to be."""
    values = numbers(design.study, name, purpose=role, infinite=True)[0]
    faults = {
        "missing": part & np.isnan(values),
        "infinite": part & np.isinf(values),
        "zero or negative": part & (values <= 0),
        "above 1": part & (values > 1) & np.isfinite(values) & (role == "probability"),
    }
    for fault, rows in faults.items():
        if rows.any():
            raise WeightingError(_fault(name, role, fault, values, rows, int(part.sum())))
    return np.where(part, values, 1.0)


def _fault(name: str, role: str, fault: str, values: Floats, rows: Bools, of: int) -> str:
    at = int(np.flatnonzero(rows)[0])
    met = "" if fault in ("missing", "infinite") else f" ({values[at]:g} in row {at + 1})"
    wanted = "above 0 and at most 1" if role == "probability" else "a finite number above 0"
    percent = " If they are percentages, divide by 100; if they are weights, name them factor=." * (fault == "above 1")
    return (
        f"{role} '{name}' is {fault} in {int(rows.sum()):,} of {counted(of, 'row', 'rows')} of a weight above "
        f"zero{met}; it is {wanted}.{percent}{'' if percent else ' Correct it, or leave those rows out of the data.'}"
    )


def _check_size(weights: Floats) -> None:
    spread = weights[weights > 0]
    if not (len(spread) and np.isfinite(spread).all() and 1e-100 < spread.min() <= spread.max() < 1e100):
        raise WeightingError(
            "the base weights run out of what a computer can square; check the columns, and divide them by a constant."
        )


def _words(roles: dict[str, tuple[str, ...]]) -> str:
    """Say what weights were multiplied by, e.g. ``"multiplied by 1 / (p_town x p_home), by adults"``."""
    parts = []
    if roles["probability"]:
        product = " x ".join(roles["probability"])
        parts.append(f"by 1 / {product if len(roles['probability']) == 1 else f'({product})'}")
    parts += [f"by {name}" for name in roles["factor"]] + [f"by 1 / {name}" for name in roles["divisor"]]
    return f"multiplied {' and '.join(parts)}"


def _table(columns: dict[tuple[str, str], Floats], part: Bools) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "role": role,
                "column": name,
                "n": int(part.sum()),
                "minimum": float(values[part].min()),
                "mean": float(values[part].mean()),
                "maximum": float(values[part].max()),
            }
            for (role, name), values in columns.items()
        ]
    )


def _notes(design: Design, part: Bools) -> tuple[str, ...]:
    """Say so when weights were in the product before, or probabilities by an earlier step of this kind."""
    earlier = [step.words for step in design.steps if step.kind == "base_weights"]
    if earlier:
        return (
            f"Base weights were made before ({'; '.join(earlier)}), and these have that in their product: what is in "
            "both counts twice.",
        )
    if design.steps or (design.weights[part] == 1).all():
        return ()
    return (f"The base weights have the {design.weight_source} in their product.",)
