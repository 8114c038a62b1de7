"""Shares of one question are summed as far as they exclude each other, and no further."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from topline.data.registry.figures import read_registry


def share(name: str, codes: str, value: str, **more: str) -> dict[str, dict[str, str]]:
    figure_id = f"town2024.cameras_{name}"
    return {
        "estimate": {"figure_id": figure_id, "category_set": codes, "value": value, "as_printed": f"{value}%", **more},
        "source": {"source_id": f"{figure_id}.1", "figure_id": figure_id, "quoted_value": value},
    }


def with_shares(registry_folder: Callable[..., Path], *shares: dict[str, dict[str, str]]) -> Path:
    return registry_folder(estimate=[one["estimate"] for one in shares], source=[one["source"] for one in shares])


def test_shares_that_exclude_each_other_may_not_exceed_the_whole(registry_folder, refused):
    lines = refused(with_shares(registry_folder, share("no", "3", "45")))
    assert lines == [
        "estimate.csv, line 3, town2024.cameras_no, rule 'shares fit into the whole': shares that exclude each other "
        "exceed 100 percent: 60 (town2024.cameras) + 45 (town2024.cameras_no). One of them is wrong."
    ]


def test_a_lone_share_above_the_whole_is_found_once(registry_folder, refused):
    folder = registry_folder(("estimate", {"value": "178", "as_printed": "178%"}), ("source", {"quoted_value": "178"}))
    assert [line.split("': ")[1] for line in refused(folder)] == [
        "value is 178; a share in percent lies between 0 and 100."
    ]


def test_a_share_whose_base_is_unknown_is_summed_with_those_of_a_known_one(registry_folder, refused):
    base = {"base": "unknown"}
    whole = ("estimate", {"category_set": "1"})
    share_of = share("no", "3", "45", **base)
    lines = refused(registry_folder(whole, estimate=[share_of["estimate"]], source=[share_of["source"]]))
    assert len(lines) == 1 and "60 (town2024.cameras) + 45 (town2024.cameras_no)" in lines[0]


def test_dont_know_and_the_middle_of_an_unknown_base_are_not_summed_with_a_known_one(registry_folder):
    whole = ("estimate", {"category_set": "1"})
    others = [share("dk", "97", "45", base="unknown"), share("partly", "2", "48", base="unknown")]
    rows = {table: [one[table] for one in others] for table in ("estimate", "source")}
    assert len(read_registry(registry_folder(whole, **rows))) == 3


def test_rounding_and_overlapping_groups_are_no_excess(registry_folder):
    shares = [share("yes", "1", "35"), share("partly", "2", "26"), share("no", "3", "40"), share("dk", "97", "1")]
    assert len(read_registry(with_shares(registry_folder, *shares))) == 5


def test_shares_of_a_part_of_the_sample_are_summed_by_themselves(registry_folder):
    assert len(read_registry(with_shares(registry_folder, share("men_no", "3", "45", subgroup="men")))) == 2


def test_an_item_with_several_answers_may_exceed_the_whole(registry_folder):
    shares = with_shares(registry_folder, share("no", "3", "45"))
    item = (
        (shares / "item.csv")
        .read_text(encoding="utf-8")
        .replace(",one\n", ",several\n")
        .replace(",one\r", ",several\r")
    )
    (shares / "item.csv").write_text(item, encoding="utf-8")
    assert len(read_registry(shares)) == 2


def test_shares_without_a_known_scale_are_told_apart_by_their_names(registry_folder, refused):
    no_scale = ("item", {"scale_id": ""}), ("estimate", {"category_set": "", "collapse_status": ""})
    more = share("no", "", "45", category="no")
    lines = refused(registry_folder(*no_scale, estimate=[more["estimate"]], source=[more["source"]]))
    assert "60 (town2024.cameras) + 45 (town2024.cameras_no)" in lines[0]


def test_many_figures_of_one_item_are_summed_without_trying_every_combination(registry_folder, refused):
    options = [
        {"scale_id": "long", "code": str(code), "label": f"option {code}", "valence": "0"} for code in range(1, 31)
    ]
    shares = [share(f"o{code}", str(code), "4") for code in range(1, 31)]
    folder = registry_folder(
        ("item", {"scale_id": "long"}),
        ("estimate", {"category_set": "1;2", "value": "8", "as_printed": "8%"}),
        ("source", {"quoted_value": "8"}),
        scale=options,
        estimate=[one["estimate"] for one in shares],
        source=[one["source"] for one in shares],
    )
    start = time.perf_counter()
    lines = refused(folder)
    assert time.perf_counter() - start < 20
    assert len(lines) == 1
    assert "exceed 100 percent" in lines[0]


def test_parts_that_do_not_make_up_the_whole_are_refused(registry_folder, refused):
    lines = refused(with_shares(registry_folder, share("yes", "1", "30"), share("partly", "2", "26")))
    assert [line for line in lines if "rule 'parts make up the whole'" in line] == [
        "estimate.csv, line 2, town2024.cameras, rule 'parts make up the whole': value is 60, but its parts "
        "(town2024.cameras_yes, town2024.cameras_partly) sum to 56; correct one of them."
    ]


def test_figures_of_several_countries_are_summed_country_by_country(registry_folder):
    study = ("study", {"country": "", "region": "3 countries"})
    countries = [share(name.lower(), "1;2", "60", country=name) for name in ("DE", "GB")]
    rows = {table: [one[table] for one in countries] for table in ("estimate", "source")}
    registry = read_registry(registry_folder(study, **rows))
    assert [figure.country for figure in registry.values()] == ["", "DE", "GB"]
