"""Published figures of the same question in different studies."""

from collections.abc import Callable

import pytest

from topline.data.registry.figure import Figure, Item, PublishedStudy, Source


@pytest.fixture
def figure() -> Callable[..., Figure]:
    """Give ``figure(name, value, **changes)``: a share that supports cameras, known word for word."""
    return made


def made(name, value=0.6, *, wording="Do you support cameras?", n=1000, **changes):
    study = PublishedStudy(
        name,
        name,
        country="GB",
        sample_type=changes.pop("sample_type", "probability"),
        field_start=changes.pop("start", "2020"),
        field_end="",
        n_interviews=n,
        fieldwork_firm=changes.pop("house", name),
    )
    item = Item(f"{name}.cameras", name, wording_english=wording, original_language="en", translation_status="verbatim")
    source = Source(f"{name}.cameras.1", "primary", f"{name} (2020).", "", "", value, f"{value}", "verified")
    given = {"country": "GB", "subgroup": "all", "statistic": "share", "category": "support", "base": "all", **changes}
    return Figure(
        f"{name}.cameras",
        item,
        study,
        category_set=(),
        value=value,
        as_printed=f"{100 * value:g}%",
        rounding=0.01,
        sources=(source,),
        provenance=given.pop("provenance", "verified"),
        n=n,
        **given,
    )
