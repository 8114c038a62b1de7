"""Figures as a table, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .figure import Figure

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "figure_id", "item_id", "topic", "value", "as_printed", "statistic", "category", "subgroup", "wording", "base", "n",
    "population", "country", "sample_type", "modes", "field_start", "field_end", "provenance", "badge", "study",
    "citation", "url",
]  # fmt: skip
"""Columns of ``Registry.to_frame``."""


def figure_frame(figures: Iterable[Figure]) -> pd.DataFrame:
    """Give figures as a table, one row each, shares 0-1; each row has its badge.

    Parameters
    ----------
    figures : iterable of Figure
        e.g. ``published().values()``.

    Examples
    --------
    >>> from .figures import published
    >>> figure_frame(published(study="essay").values())[["as_printed", "badge"]].values.tolist()
    [['about 70%', 'as quoted in an essay; not seen in the source']]
    """
    import pandas as pd

    frame = pd.DataFrame([_flat(figure) for figure in figures], columns=COLUMNS)
    return frame.astype({"n": "Int64"})


def _flat(figure: Figure) -> dict[str, object]:
    study = figure.study
    return {
        **{name: getattr(figure, name) for name in ("figure_id", "value", "as_printed", "statistic", "category")},
        **{name: getattr(figure, name) for name in ("subgroup", "base", "n", "country", "provenance", "badge")},
        **{name: getattr(study, name) for name in ("population", "sample_type", "field_start", "field_end")},
        **{name: getattr(study, name) for name in ("citation", "url")},
        **{name: getattr(figure.item, name) for name in ("item_id", "topic", "wording")},
        "modes": ";".join(study.modes),
        "study": study.title,
    }
