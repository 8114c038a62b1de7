"""The report on weights in a browser: nothing is asked of anybody, it reads aloud, and fits a phone."""

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from topline.analysis.diagnosing.diagnostics import weight_diagnostics
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    random = np.random.default_rng(1)
    wave = pd.DataFrame(
        {
            "sex": random.choice(["female", "male"], 600, p=[0.7, 0.3]),
            "region": random.choice([f"region {at}" for at in range(12)], 600),
            "view": random.choice(["for", "neither", "<b>against</b>"], 600),
            "trust": random.normal(5, 2, 600),
        }
    )
    design = rake(Design(wave), {"sex": {"female": 0.5, "male": 0.5}})
    path = tmp_path_factory.mktemp("report") / "weights.html"
    weight_diagnostics(design, ["view", "trust"], by=["region"], population=1_000_000).to_html(path)
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_has_no_fault_that_axe_finds(report, scheme, page):
    page.emulate_media(color_scheme=scheme)
    page.goto(report)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("svg[role=img]:visible").count() == 8


def test_figures_beside_the_plots_are_whole(report, page):
    """Fonts of a browser are wider than those the drawing was measured with."""
    page.goto(report)
    outside = page.evaluate(
        "[...document.querySelectorAll('.chart svg')].flatMap(svg => [...svg.querySelectorAll('text')]"
        ".filter(text => text.getBoundingClientRect().right > svg.getBoundingClientRect().right + 1)"
        ".map(text => text.textContent))"
    )
    assert outside == []


def test_on_a_phone_narrow_charts_stand_in_for_wide_ones_and_the_page_does_not_scroll(report, page):
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(report)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    shown = page.locator("svg[role=img]:visible")
    assert shown.count() == 8
    assert max(shown.nth(at).bounding_box()["width"] for at in range(8)) <= 375
