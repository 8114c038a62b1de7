"""Columns as small whole numbers: every type of column gives the categories that it has, in the narrowest codes."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.sampling.categories import categories
from topline.analysis.sampling.coding import coding
from topline.data.codebook import Codebook, MissingKind, Study, Variable, study_of
from topline.data.errors import EstimationError, UnknownNameError


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.Series(["b", "a", None, "b"], dtype="str"), "int8"),
        (pd.Categorical(["b", "a", None, "b"], ["b", "never", "a"]), "int8"),
        (pd.Series(["b", "a", None, "b"], dtype=object), "int8"),
        (pd.Series(["b", "a", None, "b"], dtype="string[python]"), "int8"),
    ],
)
def test_text_of_every_type(values, kind):
    study = study_of(pd.DataFrame({"q": values}))
    coded = coding(study, "q")
    assert coded.codes.dtype == kind
    assert [None if at < 0 else coded.values[at] for at in coded.codes] == ["b", "a", None, "b"]
    found = categories(study, "q")
    assert [None if at < 0 else found.values[at] for at in found.positions] == ["b", "a", None, "b"]
    assert "never" not in found.values
    assert found.positions.dtype == np.int64
    assert found.missing == {"blank": 1}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([-3, 5, 5, 200]), "uint8"),
        (np.array([-3.0, 5.0, 5.0, 2000.0]), "uint16"),
        (np.array([0.5, 1.5, 1.5, 2.5]), "uint8"),
        (np.array([0.25, 1.5, 1.5, 2.5]), "int8"),
        (np.array([-5.0e9, 1.0, 1.0, 5.0e9]), "int8"),
        (np.array([1.0, np.nan, 1.0, 2.0]), "int8"),
    ],
)
def test_numbers_of_every_range(values, kind):
    coded = coding(study_of(pd.DataFrame({"q": values})), "q")
    assert coded.codes.dtype == kind
    found = [np.nan if at < 0 else coded.values[at] for at in coded.codes.astype(int)]
    assert found == pytest.approx(values.tolist(), nan_ok=True)


def test_chunks_of_text_are_one_column():
    parts = [pd.DataFrame({"q": ["b", "a"]}), pd.DataFrame({"q": ["c", "b", None]})]
    coded = coding(study_of(pd.concat(parts)), "q")
    assert [coded.values[at] for at in coded.codes[:4]] == ["b", "a", "c", "b"]
    assert coded.codes[4] == -1


def test_many_values_take_wider_codes():
    values = [f"v{number}" for number in range(40_000)]
    coded = coding(study_of(pd.DataFrame({"q": pd.Series(values, dtype="str")})), "q")
    assert coded.codes.dtype == "int32"
    assert coded.counts().tolist() == [1] * 40_000 + [0]


def test_missing_codes_are_counted_by_kind_inside_a_base():
    declared = Variable("q", missing={8.0: MissingKind.DONT_KNOW, 9.0: MissingKind.REFUSED})
    study = Study(pd.DataFrame({"q": [1.0, 8.0, 9.0, 9.0, np.nan]}), Codebook((declared,)))
    assert categories(study, "q").missing == {"blank": 1, "dont_know": 1, "refused": 2}
    assert categories(study, "q", keep=[MissingKind.REFUSED]).values == (1.0, 9.0)
    inside = np.array([True, True, True, False, False])
    assert categories(study, "q", inside=inside).missing == {"dont_know": 1, "refused": 1}


def test_what_cannot_be_coded_is_refused():
    study = study_of(pd.DataFrame({"q": [1, 2**60]}))
    with pytest.raises(EstimationError, match="whole numbers beyond"):
        coding(study, "q")
    with pytest.raises(UnknownNameError, match="no variable 'p'"):
        coding(study, "p")
