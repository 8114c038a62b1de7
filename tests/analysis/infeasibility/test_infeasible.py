import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from topline.analysis.infeasibility import infeasible, raking_problem, slow_raking
from topline.analysis.infeasibility.conditions import Deadline, SearchStopped, solved
from topline.analysis.infeasibility.infeasible import unmet
from topline.analysis.infeasibility.raking_problem import RakingProblem
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.analysis.targets.margin_fit import Cells, Fit
from topline.data.codebook import Codebook, Study, Variable
from topline.data.errors import InfeasibleMarginsError, WeightingError

INSIDE = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 1, 2, 2]})
"""Everybody who is a 1 is b 1, and the reverse."""


def refusal(data, margins, **options) -> InfeasibleMarginsError:
    with pytest.raises(InfeasibleMarginsError) as caught:
        rake(Design(data), margins, **options)
    return caught.value


def works(data, margins, **options) -> bool:
    try:
        rake(Design(data), margins, **options)
    except WeightingError:
        return False
    return True


def crossed(counts, one="a", two="b") -> pd.DataFrame:
    """Rows for a table of two variables."""
    cells = [(row + 1, column + 1) for (row, column), count in np.ndenumerate(counts) for _ in range(count)]
    return pd.DataFrame(cells, columns=[one, two])


def test_a_category_inside_another_with_a_smaller_target_is_named_with_the_empty_combination():
    error = refusal(INSIDE, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}})
    assert error.unmet.conflict == (("a", "1", 0.5, "at least"), ("b", "1", 0.3, "at most"))
    assert error.unmet.empty == ((("a", "1"), ("b", "2")),)
    assert (error.unmet.outcome, error.unmet.bounds, error.unmet.join) == ("contradiction", (), None)
    assert error.unmet.leave_out == ("a", "b")
    assert "all of a 1 is in b 1: so a 1 can reach at most 30.00%. Nobody in the data is a 1 and b 2." in str(error)
    assert str(error).endswith("Leave out the margin a or b.")


def test_the_category_furthest_off_is_told_with_target_reached_and_gap():
    unmet = (error := refusal(INSIDE, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}})).unmet
    gap = (
        f"{100 * abs(unmet.reached - unmet.target):.2g} points too {'low' if unmet.reached < unmet.target else 'high'}"
    )
    told = f"margin {unmet.margin}, category {unmet.category} reaches {100 * unmet.reached:.4f}% where the target is"
    assert told in str(error)
    assert gap in str(error)
    assert abs(unmet.reached - unmet.target) > 0.05


def test_only_the_empty_combinations_that_matter_are_named():
    """b 3 is empty beside a 2 and a 3 as well, which does no harm."""
    data = crossed([[0, 0, 10], [10, 10, 0], [10, 10, 0]])
    error = refusal(data, {"a": {"1": 0.4, "2": 0.3, "3": 0.3}, "b": {"1": 0.4, "2": 0.4, "3": 0.2}})
    assert {pair for pair in error.unmet.empty} == {(("a", "1"), ("b", "1")), (("a", "1"), ("b", "2"))}


def test_a_single_category_out_of_reach_of_the_bounds_is_told_before_any_fit():
    data = pd.DataFrame({"a": [1] * 20 + [2] * 80})
    error = refusal(data, {"a": {"1": 0.6, "2": 0.4}}, bounds=(0.4, 2.0))
    assert "a, category 1 holds 20.00% of the weight, and at most 40.00% can be reached; the target is 60.00%" in str(
        error
    )
    assert error.unmet.bounds == ((0.4, 3.0),)
    assert error.unmet.conflict == (("a", "1", 0.6, "at least"),)
    low = refusal(data, {"a": {"1": 0.6, "2": 0.4}}, bounds=(0.6, 4.0))
    assert "a, category 2 holds 80.00% of the weight, and at least 48.00% can be reached; the target is 40.00%" in str(
        low
    )
    assert low.unmet.bounds == ((0.5, 4.0),)
    assert "bounds=(0.5, 4); no other upper bound helps alone" in str(low)


def test_bounds_that_fail_only_for_two_categories_together_give_the_least_change_of_either():
    data = crossed([[45, 5], [5, 45]])
    margins = {"a": {"1": 0.75, "2": 0.25}, "b": {"1": 0.25, "2": 0.75}}
    error = refusal(data, margins, bounds=(0.01, 2))
    assert "those of a 1 outside b 1 hold 5.00%, within bounds at most 10.00%" in str(error)
    # cell a1 b2 needs 0.5 + what cell a2 b1, 0.0005 at least, keeps: 10.01 times its 0.05
    assert error.unmet.bounds == ((0.01, 10.1),)
    assert works(data, margins, bounds=(0.01, 10.1))
    assert not works(data, margins, bounds=(0.01, 10.0))


def test_both_bounds_are_moved_where_neither_helps_alone():
    data = pd.DataFrame({"a": [1] * 50 + [2] * 25 + [3] * 25})
    margins = {"a": {"1": 0.2, "2": 0.3, "3": 0.5}}
    error = refusal(data, margins, bounds=(0.8, 1.5))
    assert error.unmet.bounds == ((0.4, 2.0),)
    assert "changing one of them alone does not help" in str(error)
    assert works(data, margins, bounds=(0.4, 2.0))


def test_bounds_are_kept_by_an_upper_and_by_a_lower_change():
    data = crossed([[40, 10], [10, 40]])
    margins = {"a": {"1": 0.6, "2": 0.4}, "b": {"1": 0.4, "2": 0.6}}
    error = refusal(data, margins, bounds=(0.5, 2.0))
    assert len(error.unmet.bounds) == 1
    for bounds in error.unmet.bounds:
        assert works(data, margins, bounds=bounds)


def test_targets_that_contradict_empty_cells_are_not_helped_by_bounds():
    error = refusal(INSIDE, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.4, "2": 0.6}}, bounds=(0.1, 10))
    assert error.unmet.bounds == ()
    assert "No bounds help" in str(error)


def test_margins_for_which_a_weight_must_vanish_name_whose_and_why():
    data = pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 2]})
    error = refusal(data, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.5, "2": 0.5}})
    assert error.unmet.outcome == "vanishing"
    assert "only by giving no weight to respondents who are a 1, b 2." in str(error)
    assert "all of a 2 is in b 2; nothing is left for those of b 2 outside a 2" in str(error)


def test_a_weight_that_raking_alone_lets_vanish_is_kept_by_bounds():
    """Seven margins multiply somebody by a tenth each, where other weights do with much less change."""
    data = pd.DataFrame([[1 + (row >> at & 1) for at in range(7)] for row in range(128)], columns=list("abcdefg"))
    margins = {name: {"1": 0.05, "2": 0.95} for name in data}
    with pytest.raises(WeightingError, match=r"by 1e-07, which leaves them none\. With bounds=\(") as caught:
        rake(Design(data), margins)
    assert not isinstance(caught.value, InfeasibleMarginsError)
    low, high = map(float, str(caught.value).split("bounds=(")[1].split(")")[0].split(", "))
    assert rake(Design(data), margins, bounds=(low, high)).weights.min() >= low - 1e-12


def test_three_margins_conflict_where_any_two_do_not():
    data = pd.DataFrame([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)] * 5, columns=list("abc"))
    margins = {name: {"0": 0.2, "1": 0.8} for name in data}
    error = refusal(data, margins)
    assert sorted(error.unmet.conflict) == [(name, "1", 0.8, "at least") for name in "abc"]
    assert error.unmet.empty == ((("a", "1"), ("b", "1"), ("c", "1")),)
    assert error.unmet.leave_out == ("a", "b", "c")
    assert "cannot hold together, but all of them except any one can: a 1 at least 80.00%" in str(error)


def test_a_margin_that_takes_no_part_is_neither_blamed_nor_left_out():
    data = INSIDE.loc[[0, 1, 2, 3] * 4].assign(town=[1, 2, 2, 1] * 4)
    error = refusal(data, {"town": {"1": 0.5, "2": 0.5}, "a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}})
    assert {name for name, *_ in error.unmet.conflict} == {"a", "b"}
    assert error.unmet.leave_out == ("a", "b")


def test_the_join_that_loses_least_is_named_and_works():
    data = crossed([[5, 20, 25], [10, 15, 5], [20, 0, 0]], "age", "education")
    margins = {"age": {"1": 0.4, "2": 0.3, "3": 0.3}, "education": {"1": 0.2, "2": 0.5, "3": 0.3}}
    error = refusal(data, margins)
    assert error.unmet.join == ("education", "1", "2")  # 0.2 * 0.5 / 0.7 < 0.3 * 0.3 / 0.6
    assert "Least collapse: join education 1 (20.00%) with 2 (50.00%), with the option join." in str(error)
    joined = data.assign(education=data["education"].replace(1, 2))
    assert works(joined, {**margins, "education": {"2": 0.7, "3": 0.3}})


def test_neighbours_are_those_of_the_codebook():
    """Joining the small categories 1 and 3 would lose least, but they are neighbours only in the margins' order."""
    counts = [[0, 20, 0, 0], [10, 20, 20, 10], [10, 20, 20, 10]]
    margins = {"a": {"1": 0.2, "2": 0.4, "3": 0.4}, "b": {"1": 0.3, "2": 0.1, "4": 0.3, "3": 0.3}}
    frame = crossed(counts)
    labels = Variable("b", labels={3.0: "low", 2.0: "middle", 1.0: "high", 4.0: "top"})
    study = Study(frame.astype(float), Codebook((Variable("a"), labels)))
    error = refusal(study, margins)
    assert error.unmet.join == ("b", "middle", "high") or error.unmet.join == ("b", "high", "middle")


def test_the_class_of_missing_values_is_never_joined():
    data = pd.DataFrame({"a": [1.0, 2.0, np.nan] * 10, "b": [1, 2, 2] * 10})
    error = refusal(data, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.6, "2": 0.4}}, missing="own_class")
    assert error.unmet.join is None
    assert error.unmet.leave_out == ("a", "b")


def test_margins_that_go_together_are_named_where_nothing_smaller_helps():
    data = INSIDE.assign(c=INSIDE["a"])
    error = refusal(data, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}, "c": {"1": 0.2, "2": 0.8}})
    assert error.unmet.met_together == ("a",)
    assert "No join of two categories and no margin left out is enough; what can be met: a." in str(error)


def test_a_fit_that_takes_too_long_is_no_contradiction_and_tells_what_reaches_it():
    data = crossed([[999, 1], [1, 999]])
    margins = {"a": {"1": 0.6, "2": 0.4}, "b": {"1": 0.4, "2": 0.6}}
    with pytest.raises(WeightingError, match="the margins can be met, but after") as caught:
        rake(Design(data), margins, max_iterations=2)
    assert not isinstance(caught.value, InfeasibleMarginsError)
    wanted = int(str(caught.value).split("max_iterations=")[1].split()[0].rstrip(","))
    assert works(data, margins, max_iterations=wanted)
    tolerance = float(str(caught.value).split("tolerance=")[1].split()[0])
    assert works(data, margins, max_iterations=2, tolerance=tolerance)


def test_a_tolerance_finer_than_numbers_are_is_told_from_a_contradiction(monkeypatch):
    random = np.random.default_rng(1)
    data = pd.DataFrame({name: random.integers(0, 8, 400) for name in "abc"})
    margins = {name: dict(zip("01234567", random.dirichlet(np.full(8, 9.0)), strict=True)) for name in data}
    with pytest.raises(WeightingError, match=r"max_iterations=500 does not reach it either, tolerance=1e-\d+ accepts"):
        rake(Design(data), margins, tolerance=1e-19, max_iterations=5)
    monkeypatch.setattr(slow_raking, "TRIED", 1)
    with pytest.raises(WeightingError, match=r"Raise max_iterations, or accept what was reached with tolerance=1e-"):
        rake(Design(data), margins, tolerance=1e-19, max_iterations=5)


def test_what_is_not_found_in_time_is_said(monkeypatch):
    margins = {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}}
    monkeypatch.setattr(infeasible, "SECONDS", 0.0)
    with pytest.raises(WeightingError, match="Whether any weights do was not found in time"):
        rake(Design(INSIDE), margins)
    error = refusal(pd.DataFrame({"a": [1, 1, 1, 2], "b": [1, 2, 3, 3]}), {"a": {"1": 0.1, "2": 0.9}}, bounds=(0.5, 2))
    assert "Not searched to the end, for time: bounds, collapses." in str(error)


def test_no_collapse_is_looked_for_among_very_many_cells(monkeypatch):
    monkeypatch.setattr(infeasible, "MANY_CELLS", 1)
    error = refusal(INSIDE, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}})
    assert error.unmet.leave_out == ()
    assert "Not searched to the end, for time: collapses." in str(error)


def test_a_replicate_that_cannot_be_raked_explains_itself_without_a_collapse():
    data = crossed([[12, 1], [3, 12]]).assign(psu=lambda each: np.arange(len(each)))
    design = replicates(Design(data, psu="psu"))
    margins = {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.45, "2": 0.55}}
    assert works(data, margins)
    with pytest.raises(InfeasibleMarginsError) as caught:
        rake(design, margins)
    assert str(caught.value).startswith("replicate 13 of 28: no weights fit all margins")
    assert "Nobody in the replicate is b 2 and a 1" in str(caught.value)
    assert "method='successive difference', or 'Fay' (fay=0.5)" in str(caught.value)
    assert caught.value.unmet.leave_out == ()


def test_a_single_category_that_conflicts_in_a_replicate_is_told():
    """Replicates have no check before their fit, and the category furthest off can be another one."""
    cells = Cells(np.array([0.2, 0.4, 0.4]), (np.arange(3),), (np.array([0.5, 0.25, 0.25]),))
    problem = RakingProblem(cells, [["a", "1", "2", "3"]], (0.5, 2.0), 1e-10, 10, where="replicate 1 of 2: ")
    fit = Fit(np.array([1.0, 1.0, 1.0]), 10, 0.3)
    assert "Conflict" not in str(unmet(problem, fit))  # it is the category furthest off, named before
    other = Fit(np.array([2.0, 0.0, 1.5]), 10, 0.3)
    text = str(unmet(problem, other))
    assert "Conflict: a 1 has a target of 50.00% and can reach at most 40.00%." in text
    assert "Least change of bounds for this replicate, others may need more: bounds=(0.5, 2.5)" in text


def test_categories_of_two_long_margins_conflict_as_well():
    """With more than twelve categories each, linear programmes find what the enumeration does not look at."""
    data = pd.DataFrame({"a": list(range(15)) * 4, "b": list(range(15)) * 4})
    even = {str(at): 1 / 15 for at in range(15)}
    error = refusal(data, {"a": even, "b": {**even, "3": 0.5 / 15, "4": 1.5 / 15}})
    assert len(error.unmet.conflict) == 2
    assert {name for name, *_ in error.unmet.conflict} == {"a", "b"}
    assert error.unmet.leave_out == ("a", "b")


def test_long_groups_of_categories_are_cut_short():
    counts = np.zeros((6, 7), dtype=int)
    counts[:5, :2], counts[5] = 5, 5
    margins = {"a": {str(at): 0.4 / 5 for at in range(1, 6)} | {"6": 0.6}, "b": {str(at): 1 / 7 for at in range(1, 8)}}
    text = str(refusal(crossed(counts), margins))
    assert "b 3 or 4 or 5 or 2 more has a target of 71.43%, a 6 one of 60.00%" in text
    assert "or 22 more such combinations." in text


def test_a_search_for_the_conflict_that_takes_too_long_is_said(monkeypatch):
    def stopped(*_):
        raise SearchStopped

    monkeypatch.setattr(infeasible, "conflict_of", stopped)
    error = refusal(INSIDE, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}})
    assert error.unmet.conflict == ()
    assert "Not searched to the end, for time: the conflict." in str(error)


def test_bounds_that_keep_everybody_are_not_looked_for_without_time(monkeypatch):
    monkeypatch.setattr(slow_raking, "SECONDS", 0.0)
    cells = Cells(np.array([0.5, 0.5]), (np.arange(2),), (np.array([0.5, 0.5]),))
    problem = RakingProblem(cells, [["a", "1", "2"]], None, 1e-10, 10)
    text = str(unmet(problem, Fit(np.array([1e-7, 2.0]), 10, 0.0)))
    assert text.endswith("by 1e-07, which leaves them none. Join categories, or rake on fewer margins.")


@pytest.mark.parametrize("broken", [np.linalg.LinAlgError("Singular matrix"), None])
def test_a_fit_that_breaks_down_is_explained_all_the_same(monkeypatch, broken):
    def fitted(cells, *_):
        if broken:
            raise broken
        return Fit(np.full(len(cells.weight), np.nan), 3, np.nan)

    monkeypatch.setattr(raking_problem, "fitted", fitted)
    error = refusal(INSIDE, {"a": {"1": 0.5, "2": 0.5}, "b": {"1": 0.3, "2": 0.7}})
    assert (error.unmet.reached, error.unmet.leave_out) == (0.5, ("b",))  # a holds before any fit
    assert "all of a 1 is in b 1" in str(error)


def test_a_linear_programme_without_a_solution_ends_the_search():
    with pytest.raises(SearchStopped):
        solved(np.ones(1), sparse.csc_array([[0.0]]), np.ones(1), np.array([[0.0, 1.0]]), Deadline.after(5))


def problems():
    """Small samples with margins, some of them out of reach, with bounds or without."""
    return st.integers(0, 2**32 - 1).map(_problem)


def _problem(seed):
    random = np.random.default_rng(seed)
    rows, count = int(random.integers(8, 60)), int(random.integers(2, 4))
    common, share = random.normal(size=rows), random.choice([0.0, 0.9, 1.0])
    data = pd.DataFrame()
    for at in range(count):
        level = share * common + np.sqrt(1 - share**2) * random.normal(size=rows)
        data[f"v{at}"] = pd.qcut(level, int(random.integers(2, 5)), labels=False) + 1
    change = random.uniform(0.4, 1.8, rows)
    bounds = [None, (0.2, 3.0), (0.6, 1.5)][random.integers(3)]
    truth = 1 + (change - change.mean()) * (0.25 if bounds else 1)
    margins = {}
    for name in data:
        met = data.assign(w=truth / truth.sum()).groupby(name)["w"].sum()
        moved = met * random.uniform(0.4, 1.6, len(met)) if seed % 2 else met
        margins[name] = {str(code): value for code, value in (moved / moved.sum()).items()}
    return data, margins, bounds, not seed % 2


@settings(max_examples=25, deadline=None)
@given(problem=problems())
def test_ways_out_that_are_named_do_work_and_feasible_margins_are_never_called_infeasible(problem):
    data, margins, bounds, feasible = problem
    try:
        rake(Design(data), margins, bounds=bounds)
    except InfeasibleMarginsError as error:
        unmet = error.unmet
    else:
        return
    assert not feasible
    assert unmet.conflict
    for each in unmet.bounds:
        assert works(data, margins, bounds=each)
    for name in unmet.leave_out:
        assert works(data, margins, on=[other for other in margins if other != name], bounds=bounds)
    if unmet.met_together:
        assert works(data, margins, on=list(unmet.met_together), bounds=bounds)
    if unmet.join:
        name, one, two = unmet.join
        recoded = data.assign(**{name: data[name].replace(int(two), int(one))})
        share = {code: value for code, value in margins[name].items() if code != two}
        share[one] += margins[name][two]
        assert works(recoded, {**margins, name: share}, bounds=bounds)


@settings(max_examples=15, deadline=None)
@given(problem=problems())
def test_the_targets_of_a_conflict_contradict_each_other_by_themselves(problem):
    from scipy.optimize import linprog

    data, margins, bounds, _ = problem
    try:
        rake(Design(data), margins, bounds=bounds)
    except InfeasibleMarginsError as error:
        unmet = error.unmet
    else:
        return
    low, high = bounds or (0.0, np.inf)
    if unmet.outcome == "vanishing":
        low = 1e-4
    sides = [(-1.0 if side == "at least" else 1.0) for *_, side in unmet.conflict]
    rows = [side * (data[name] == int(code)) for side, (name, code, *_) in zip(sides, unmet.conflict, strict=True)]
    limits = [side * target for side, (_, _, target, _) in zip(sides, unmet.conflict, strict=True)]
    found = linprog(
        np.zeros(len(data)),
        A_ub=np.array(rows, dtype=float),
        b_ub=limits,
        A_eq=np.ones((1, len(data))),
        b_eq=[1.0],
        bounds=[(low / len(data), high / len(data))] * len(data),
    )
    assert found.status == 2
