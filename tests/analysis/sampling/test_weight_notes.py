"""Notes on weights: what must stand under results stays with a column of weights, in the file it is written to."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topline.analysis.comparing.compare import margins_in_words
from topline.analysis.diagnosing.weights import weight_summary
from topline.analysis.disclosure import without_small_counts
from topline.analysis.estimation.estimate import mean
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.weight_notes import notes_of_weights, notes_on, notes_with
from topline.data.codebook import Codebook
from topline.data.files import read_study, write_study
from topline.data.margins import margins
from topline.data.sidecar import sidecar_path
from topline.data.spss import lines


def raked() -> Design:
    random = np.random.default_rng(3)
    data = pd.DataFrame({"sex": random.choice([1, 2], 400), "age4": random.choice([1, 2, 3, 4], 400)})
    return rake(Design(data.assign(trust=random.normal(size=400))), margins("cn-adults-2020"), on=["sex", "age4"])


def footnotes(design: Design) -> list[str]:
    return list(mean(design, "trust").method["footnotes"])


@pytest.mark.parametrize("kind", ["sav", "dta", "csv", "parquet"])
def test_grades_and_populations_of_margins_outlive_a_file(tmp_path, kind):
    written = write_study(raked().study_with_weights("weight"), tmp_path / f"weighted.{kind}")
    again = Design(read_study(written), weight="weight")
    brief = raked().steps[-1].brief
    assert any("from memory" in note for note in brief) and any("weights stand for" in note for note in brief)
    assert set(brief) <= set(footnotes(again))
    assert set(brief) <= set(weight_summary(again).notes)
    assert set(brief) <= set(mean(again, "trust").method["weight_notes"])
    assert "from memory" in margins_in_words(again)["population margins"]


def test_an_spss_file_without_its_sidecar_still_tells_them(tmp_path):
    written = write_study(raked().study_with_weights("weight"), tmp_path / "weighted.sav")
    sidecar_path(written).unlink()
    assert set(raked().steps[-1].brief) <= set(footnotes(Design(read_study(written), weight="weight")))


def test_they_stand_only_under_results_of_that_column():
    study = raked().study_with_weights("weight")
    assert "from memory" not in " ".join(footnotes(Design(study)))
    assert mean(Design(study), "trust").method["weight_notes"] is None


def test_weights_made_of_such_a_column_keep_them():
    once = Design(raked().study_with_weights("first"), weight="first")
    twice = rake(once, {"sex": {1: 0.5, 2: 0.5}}).study_with_weights("second")
    assert notes_on(twice.codebook, "second") == notes_of_weights(raked())
    assert notes_on(twice.codebook, "first") == notes_of_weights(raked())
    assert "from memory" in " ".join(footnotes(Design(twice, weight="second")))


def test_what_counts_few_people_does_not_reach_published_results():
    study = raked().study_with_weights("weight")
    counts = "sex: 7 rows without a value keep their 1.8% of the weight; the margin holds among the others."
    notes = notes_with(study.codebook.notes, "weight", [*notes_on(study.codebook, "weight"), counts])
    told = replace(study, codebook=replace(study.codebook, notes=notes))
    method = mean(Design(told, weight="weight"), "trust").method
    assert counts in method["footnotes"] and counts in method["weight_notes"]
    published = without_small_counts(method, set(), 30)
    assert counts not in published["footnotes"] and counts not in published["weight_notes"]
    assert "from memory" in " ".join(published["footnotes"])


def test_notes_are_written_once_and_those_of_other_columns_stay():
    first = notes_with(["Our own."], "w", ["One.", "One.", "Two."])
    assert first == ("Our own.", "Weights in column w: One.", "Weights in column w: Two.")
    assert notes_with(first, "w", ["Three."]) == ("Our own.", "Weights in column w: Three.")
    assert notes_on(Codebook(notes=notes_with(first, "w2", ["Other."])), "w") == ["One.", "Two."]
    assert notes_on(Codebook(notes=first), None) == []


@pytest.mark.parametrize("size", [*range(40, 100), 200, 241])
def test_lines_that_spss_broke_are_put_together(size):
    words = ("人口 census of adults, from memory; put the table beside it " * 9)[:size].strip() + "."
    told = notes_with(["An older note."], "w", [words, "Short."])
    broken = tuple(line.rstrip() for note in told for line in lines(note))
    assert notes_on(Codebook(notes=broken), "w") == [words, "Short."]
