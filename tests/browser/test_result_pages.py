"""Pages of results in a browser: nothing is asked of anybody, tables read aloud, wide ones scroll on a phone."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from topline.analysis.estimation.estimate import proportion
from topline.analysis.sampling.design import Design
from topline.analysis.tables.banner import banner

pytestmark = pytest.mark.browser

RANDOM = np.random.default_rng(1)
WAVE = pd.DataFrame(
    {
        "view": RANDOM.choice(["for", "neither", "<b>against</b>"], 600),
        "sex": RANDOM.choice(["female", "male"], 600),
        "region": RANDOM.choice([f"region {at}" for at in range(15)], 600),
    }
)
SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "dashboard" / "sample_bundle.py"))
PAGES = {
    "banner": lambda path: banner(Design(WAVE), ["view", "sex"], ["sex", ("sex", "region")]).to_html(path),
    "estimates": lambda path: proportion(Design(WAVE), ["view", "sex"], by="region").to_html(path),
    "comparison": lambda path: SAMPLE["comparison"]().to_html(path, "zh"),
}


@pytest.mark.parametrize(("made", "scheme"), [*((made, "light") for made in PAGES), ("comparison", "dark")])
def test_a_page_of_results_has_no_fault_that_axe_finds(made, scheme, page, tmp_path):
    PAGES[made](tmp_path / "page.html")
    page.emulate_media(color_scheme=scheme)
    page.goto((tmp_path / "page.html").as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("made", ["banner", "comparison"])
def test_on_a_phone_tables_scroll_and_the_page_does_not(made, page, tmp_path):
    PAGES[made](tmp_path / "page.html")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.scroll').scrollWidth") > 390
