"""Studies of frames with categories: to their users they are studies like any other."""

import pickle
from dataclasses import replace

import pandas as pd
import pytest

from topline.data.categorised import CategorisedStudy
from topline.data.codebook import Codebook, MissingKind, Variable, study_of
from topline.data.errors import CodebookError, UnknownNameError


def frame() -> pd.DataFrame:
    sex = pd.Categorical(["f", "m", None], ["m", "f", "x"], ordered=True)
    return pd.DataFrame({"sex": sex, "age": [30, 41, 52]}, index=[7, 8, 9])


def test_it_is_the_study_that_text_would_give_with_the_order_in_the_labels():
    study = study_of(frame())
    assert isinstance(study, CategorisedStudy)
    assert study.rows == 3
    assert study.codebook["sex"] == Variable(
        "sex", type="string", measure="ordinal", labels={"m": "m", "f": "f", "x": "x"}
    )
    assert study.column("sex").tolist()[:2] == ["f", "m"]
    assert study.column("age").tolist() == [30, 41, 52]
    pd.testing.assert_frame_equal(
        study.frame, pd.DataFrame({"sex": pd.Series(["f", "m", None], dtype="str"), "age": [30, 41, 52]})
    )
    assert study.answers("sex").isna().tolist() == [False, False, True]
    with pytest.raises(UnknownNameError, match="no variable 'sx'"):
        study.column("sx")


def test_categories_are_at_hand_before_and_after_the_text_is_written():
    study = study_of(frame())
    assert study.category_column("sex").codes.tolist() == [1, 0, -1]
    assert study.category_column("age") is None
    assert study.frame["sex"].tolist()[:2] == ["f", "m"]
    assert study.category_column("sex").codes.tolist() == [1, 0, -1]


def test_later_changes_of_the_given_frame_do_not_reach_it():
    given = frame()
    study = study_of(given)
    given.loc[7, "sex"] = "x"
    assert study.column("sex").tolist()[:2] == ["f", "m"]
    assert study.category_column("sex").codes.tolist() == [1, 0, -1]


def test_another_frame_or_codebook_makes_a_plain_study_of_it():
    study = study_of(frame())
    shorter = replace(study, frame=study.frame[:2])
    assert shorter.rows == 2
    assert shorter.category_column("sex") is None
    declared = Codebook((Variable("sex", missing={"m": MissingKind.REFUSED}), Variable("age")))
    assert replace(study, codebook=declared).answers("sex").isna().tolist() == [False, True, True]


def test_it_can_be_pickled():
    again = pickle.loads(pickle.dumps(study_of(frame())))
    assert again.frame["sex"].tolist()[:2] == ["f", "m"]


def test_other_columns_are_refused_as_ever():
    with pytest.raises(CodebookError, match="column 'bad' mixes types"):
        study_of(frame().assign(bad=pd.Series(["a", 1, 2], index=[7, 8, 9], dtype=object)))
    twice = pd.concat([frame()["sex"], frame()["sex"]], axis=1)
    with pytest.raises(CodebookError, match="stand more than once"):
        study_of(twice)


def test_categories_that_are_numbers_are_numbers():
    study = study_of(pd.DataFrame({"age": pd.Categorical([3, 1, None])}))
    assert not isinstance(study, CategorisedStudy)
    assert study.frame["age"].tolist()[:2] == [3.0, 1.0]
