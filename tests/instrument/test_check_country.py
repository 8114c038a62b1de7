"""A study's country is a code that exists, and that of the people it is weighted to."""

import pytest

from topline.data.study_folder import new_folder
from topline.instrument.check_folder import check_folder


@pytest.fixture
def checked(tmp_path):
    def check(country):
        folder = new_folder(tmp_path / "study").path
        plan = folder / "study.yaml"
        plan.write_text(
            plan.read_text(encoding="utf-8").replace("country: CN", f"country: {country}"), encoding="utf-8"
        )
        return [finding for finding in check_folder(folder) if "country" in str(finding)]

    return check


def test_the_shipped_study_is_of_the_country_it_is_weighted_to(checked):
    assert checked("CN") == []


@pytest.mark.parametrize(("country", "remedy"), [("UK", "Did you mean 'GB'?"), ("XX", "Write an assigned one")])
def test_a_code_of_no_country_is_an_error_with_its_remedy(checked, country, remedy):
    (finding, *_) = checked(country)
    assert finding.severity == "error"
    assert remedy in str(finding)


def test_margins_of_another_country_are_warned_of(checked):
    (finding,) = checked("GB")
    assert finding.severity == "warning"
    assert "'cn-netizens-2023' counts people in CN, but the country of the study is GB" in str(finding)
