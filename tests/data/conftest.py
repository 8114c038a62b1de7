"""What tests of data files share: a comparison of two studies, value by value and word by word."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest

from topline.data.codebook import Study, Variable


@pytest.fixture(scope="session")
def assert_same() -> Callable[..., None]:
    """Give ``assert_same(found, told, but=())``: equal values to the bit, equal codebooks but for some attributes."""

    def assert_same(found: Study, told: Study, but: tuple[str, ...] = ()) -> None:
        assert list(found.frame.columns) == list(told.frame.columns)
        assert len(found.frame) == len(told.frame)
        for variable in told.codebook:
            _assert_same_column(found.frame[variable.name], told.frame[variable.name], variable)
            for attribute in fields(Variable):
                if attribute.name not in but:
                    pair = getattr(found.codebook[variable.name], attribute.name), getattr(variable, attribute.name)
                    assert pair[0] == pair[1], f"{variable.name}.{attribute.name}: {pair[0]!r} is not {pair[1]!r}"
        if "title" not in but:
            assert found.codebook.title == told.codebook.title
        if "notes" not in but:
            assert found.codebook.notes == told.codebook.notes

    return assert_same


def _assert_same_column(found, told, variable: Variable) -> None:
    if variable.type == "string":
        assert found.fillna("").tolist() == told.fillna("").tolist(), variable.name
        return
    assert found.isna().tolist() == told.isna().tolist(), variable.name
    if variable.type == "numeric":
        bits = [column.dropna().to_numpy(dtype="float64").view("int64") for column in (found, told)]
        assert np.array_equal(*bits), f"{variable.name}: {found.tolist()} is not {told.tolist()}"
    else:
        times = [column.dropna().to_numpy(dtype="datetime64[us]") for column in (found, told)]
        assert np.array_equal(*times), f"{variable.name}: {found.tolist()} is not {told.tolist()}"
