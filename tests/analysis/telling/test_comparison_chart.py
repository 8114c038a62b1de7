"""The chart: its order, its axis, and colours that everybody can tell apart."""

import pytest

from topline.analysis.telling.comparison import ComparisonRow
from topline.analysis.telling.comparison_chart import (
    AXIS,
    EITHER,
    LINE,
    NEW,
    PUBLISHED,
    STEP,
    axis_range,
    dot_and_whisker,
    ends_of,
    marks,
)
from topline.dashboard.sorting import ORDERS, sorted_rows
from topline.dashboard.theme import DARK, LIGHT, settings, words_colour

BACKGROUNDS = [LIGHT["backgroundColor"], DARK["backgroundColor"]]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def deuteranope(colour: str) -> tuple[float, float, float]:
    """How a reader without green cones sees a colour (Machado, Oliveira and Fernandes 2009, severity 1)."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (
        0.367322 * red + 0.860646 * green - 0.227968 * blue,
        0.280085 * red + 0.672501 * green + 0.047413 * blue,
        -0.011820 * red + 0.042940 * green + 0.968881 * blue,
    )


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("mark", [NEW, PUBLISHED])
def test_marks_stand_out_on_both_backgrounds(mark, background):
    assert contrast(mark, background) >= 3


@pytest.mark.parametrize(
    ("words", "background", "least"),
    [
        (words_colour("light"), LIGHT["backgroundColor"], 7),
        (words_colour("dark"), DARK["backgroundColor"], 7),
        (EITHER, LIGHT["backgroundColor"], 4),
        (EITHER, DARK["backgroundColor"], 4),
    ],
)
def test_words_on_the_chart_can_be_read(words, background, least):
    assert contrast(words, background) >= least


def test_the_two_series_differ_for_readers_without_green_cones():
    apart = sum((a - b) ** 2 for a, b in zip(deuteranope(NEW), deuteranope(PUBLISHED), strict=True)) ** 0.5
    assert apart > 0.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_links_and_controls_can_be_read(scheme):
    given, colours = settings("127.0.0.1", 8501, False), {"light": LIGHT, "dark": DARK}[scheme]
    for name in ("primaryColor", "linkColor"):
        for background in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
            assert contrast(given[f"theme.{scheme}.{name}"], background) >= 4.5


def test_the_axis_holds_every_whisker_and_stays_a_share():
    frame = marks([ComparisonRow("a", estimate=0.02, low=0.0, high=0.05, published=0.44, published_high=0.47)])
    assert axis_range(frame, share=True) == (0.0, 0.5)
    assert axis_range(marks([ComparisonRow("a", estimate=0.98, published=0.95)]), share=True) == (0.9, 1.0)
    assert axis_range(marks([ComparisonRow("a", estimate=3.4, published=3.6)]), share=False) == (3.0, 4.0)


def test_rows_without_the_value_sorted_by_stand_last():
    rows = [ComparisonRow("a"), ComparisonRow("b", estimate=0.2, difference=0.1), ComparisonRow("c", estimate=0.9)]
    assert [row.item for row in sorted_rows(rows, "new result")] == ["c", "b", "a"]
    assert [row.item for row in sorted_rows(rows, "new minus published")] == ["b", "a", "c"]
    assert [row.item for row in sorted_rows(rows, "order asked")] == ["a", "b", "c"]


def test_the_largest_difference_stands_first_whichever_way_it_goes():
    rows = [ComparisonRow("a", difference=0.02), ComparisonRow("b"), ComparisonRow("c", difference=-0.2)]
    rows.append(ComparisonRow("d", difference=0.3))
    assert [row.item for row in sorted_rows(rows, next(iter(ORDERS)))] == ["d", "c", "a", "b"]


@pytest.mark.parametrize("items", [1, 2, 9])
def test_the_plot_has_its_full_height_for_every_number_of_items(items):
    rows = [ComparisonRow(f"item {number}", estimate=0.5, published=0.55) for number in range(items)]
    assert dot_and_whisker(rows).to_dict()["height"] == STEP * items + AXIS


def test_several_charts_can_share_an_axis():
    low, high = ComparisonRow("a", estimate=0.1, published=0.2), ComparisonRow("b", estimate=0.8, published=0.9)
    ends = ends_of([low, high])
    assert ends == (0.1, 0.9)
    for row in (low, high):
        scales = [layer["encoding"]["x"].get("scale") for layer in dot_and_whisker([row], ends=ends).to_dict()["layer"]]
        assert [scale["domain"] for scale in scales if scale] == [[0.1, 0.9]] * 6


def test_the_two_series_differ_in_shape_as_well_as_colour():
    rows = [ComparisonRow("a", estimate=0.5, low=0.4, high=0.6, published=0.55)]
    shapes = {
        layer["mark"].get("shape"): layer["mark"].get("filled") for layer in dot_and_whisker(rows).to_dict()["layer"]
    }
    assert shapes["circle"] is True and shapes["diamond"] is False


def test_long_labels_go_on_in_another_line_with_room_for_it_and_numbers_do_not_touch():
    row = ComparisonRow("a", label="word " * 18 + "end", estimate=0.5, published=0.5)
    chart = dot_and_whisker([row], columns=44).to_dict()
    words = [row["words"] for data in chart["datasets"].values() for row in data if set(row) == {"row", "words"}]
    assert words[0].count("\n") == 2 and max(map(len, words[0].split("\n"))) <= 44
    assert chart["height"] == STEP + 2 * LINE + AXIS
    axes = [layer["encoding"]["x"].get("axis") for layer in chart["layer"] if "axis" in layer["encoding"].get("x", {})]
    assert axes and all(axis["labelOverlap"] for axis in axes)


def test_long_labels_are_given_whole_and_limited_by_the_width_of_the_chart_alone():
    chart = dot_and_whisker([ComparisonRow("a", label="word " * 30, estimate=0.5, published=0.5)]).to_dict()
    words = [row["words"] for data in chart["datasets"].values() for row in data if set(row) == {"row", "words"}]
    assert words == ["word " * 30]
    limits = [layer["mark"]["limit"] for layer in chart["layer"] if layer["mark"].get("limit")]
    assert limits == [{"expr": "width - 4"}]
