"""What banner tables look like: on the terminal, in Markdown, as a web page and as a workbook."""

import re
from html.parser import HTMLParser
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest

from topline.analysis.sampling.design import Design
from topline.analysis.tables.banner import banner
from topline.data.codebook import Study, Variable, study_of
from topline.data.errors import FileError
from topline.data.printing import width

HOSTILE = ["=1+1", "<script>alert(1)</script>", "@SUM(A1)", "http://example.org/x", "internal:Data!A1", "支持 | *yes*"]


def tables(groups=12, **options):
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "view": random.choice(HOSTILE, 900),
            "trust": random.normal(50, 5, 900),
            "sex": random.choice(["female", "male"], 900),
            "shop": random.choice([f"shop {at:02}" for at in range(groups)], 900),
            "w": random.uniform(1, 2, 900),
        }
    )
    study = study_of(frame)
    codebook = study.codebook.with_variable(
        Variable("view", type="string", wording={"en": '=What do you "think" of <b>it</b>?'})
    ).with_variable(Variable("shop", type="string", label="=cmd|'/c calc'!A1"))
    return banner(
        Design(Study(study.frame, codebook, "wave.csv"), weight="w"), ["view", "trust"], ["sex", "shop"], **options
    )


MADE = tables(minimum_base=70, low_base=60, level=(0.95, 0.5))


class Elements(HTMLParser):
    """Collects tags with their attributes, and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def parsed(page):
    elements = Elements()
    elements.feed(page)
    return elements


def test_the_terminal_shows_method_tables_and_notes_within_its_width():
    text = str(MADE)
    assert text.startswith("For: those with a substantive answer; wave.csv. Sample: n 900, weighted ")
    assert max(width(line) for line in text.splitlines()) <= 118
    assert "* Letters: a figure is higher than" in text
    # the banner of twelve shops is folded: names of rows stand before every block
    assert text.count("weighted n") == 4
    assert repr(MADE) == text


def test_a_banner_that_fits_one_line_is_not_cut():
    text = str(tables(groups=4))
    heads = [line for line in text.splitlines() if "shop 00" in line]
    assert heads and all("shop 03" in line for line in heads)


def test_a_narrow_terminal_folds_more(monkeypatch):
    monkeypatch.setattr("topline.analysis.tables.banner_text.line_width", lambda: 60)
    assert max(width(line) for line in str(tables(groups=4)).split("* Letters")[0].splitlines()[3:]) <= 60


def test_markdown_keeps_signs_of_labels_from_being_markup():
    text = MADE.to_markdown()
    assert "支持 \\| \\*yes\\*" in text
    assert "<script>" not in text
    assert "=cmd\\|'/c calc'!A1: shop 00 (A)" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_the_web_page_is_whole_asks_nobody_and_escapes_labels(tmp_path):
    page = MADE.to_html(tmp_path / "tables.html")
    assert (tmp_path / "tables.html").read_text(encoding="utf-8") == page
    elements = parsed(page)
    names = {tag for tag, _ in elements.tags}
    assert names.isdisjoint({"script", "img", "link", "iframe", "b", "object"})
    assert not [attributes for _, attributes in elements.tags if "src" in attributes]
    assert {attributes["href"] for tag, attributes in elements.tags if tag == "a"} == {"#table-1", "#table-2"}
    assert "default-src 'none'" in page
    assert "<script>alert(1)</script>" in "".join(elements.words)


def test_tables_of_the_page_have_captions_and_scopes():
    elements = parsed(MADE.to_html())
    names = [tag for tag, _ in elements.tags]
    assert names.count("table") == names.count("caption") >= 2
    scopes = [attributes.get("scope") for tag, attributes in elements.tags if tag == "th"]
    assert set(scopes) == {"col", "colgroup", "row"}
    assert ("html", {"lang": "en"}) in elements.tags
    assert "higher than " in elements.words


def test_every_row_of_the_page_is_as_wide_as_its_heading():
    for table in re.findall(r"<table>.*?</table>", MADE.to_html(), flags=re.DOTALL):
        wide = []
        for row in re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL)[-3:]:
            spans = re.findall(r'<t[hd][^>]*?(?:colspan="(\d+)")?[^>]*>', row)
            wide.append(sum(int(span or 1) for span in spans))
        letters = sum(
            int(span) for span in re.findall(r'colspan="(\d+)"', re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL)[0])
        )
        assert set(wide) == {letters + 1}


def test_dark_and_print_are_provided_for():
    page = MADE.to_html()
    assert "prefers-color-scheme: dark" in page and "@media print" in page


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "tables.xlsx"
    MADE.to_xlsx(path)
    return path


def test_figures_of_the_workbook_are_numbers_with_a_format(book):
    sheet = openpyxl.load_workbook(book)["Tables"]
    frame = MADE.to_frame()
    rows = {str(row[0].value): row for row in sheet.iter_rows() if row[0].value}
    for category in ("=1+1", "支持 | *yes*"):
        row = rows[category]
        expected = frame[frame["category"] == category]["estimate"].to_numpy()
        for at, value in enumerate(expected):
            figure = row[1 + 2 * at]
            if np.isnan(value):
                assert figure.value == "–"
            else:
                assert figure.data_type == "n" and figure.number_format == "0.0%"
                assert figure.value == pytest.approx(value, rel=1e-15)
    assert rows["n"][1].value == 900 and rows["n"][1].number_format == "#,##0"
    assert rows["Mean"][1].number_format == "#,##0.00"


def test_letters_and_marks_stand_right_of_the_figure(book):
    sheet = openpyxl.load_workbook(book)["Tables"]
    frame = MADE.to_frame()
    row = next(row for row in sheet.iter_rows() if row[0].value == "Mean")
    letters = [row[2 + 2 * at].value or "" for at in range(len(MADE.columns))]
    assert letters == [cell.replace(" ", "") for cell in frame[frame["category"] == "Mean"]["higher_than"]]
    assert any(letters)
    marks = [cell.value for cell in next(row for row in sheet.iter_rows() if row[0].value == "n")[2::2]]
    low = frame[frame["category"] == "Mean"]["flag"] == "low base"
    assert [mark == "†" for mark in marks] == low.tolist()


def test_nothing_in_the_workbook_is_a_formula_or_a_link_elsewhere(book):
    loaded = openpyxl.load_workbook(book)
    for sheet in loaded:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                assert cell.hyperlink is None or cell.hyperlink.target is None
    with ZipFile(book) as parts:
        texts = {name: parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels"))}
    assert not [name for name, text in texts.items() if "<f>" in text or 'TargetMode="External"' in text]
    values = [cell.value for row in loaded["Tables"].iter_rows(max_col=1) for cell in row]
    assert '=What do you "think" of <b>it</b>?' in " ".join(map(str, values))


def test_heading_is_frozen_and_repeated_in_print(book):
    sheet = openpyxl.load_workbook(book)["Tables"]
    assert sheet.freeze_panes == "B4"
    assert sheet.print_title_rows == "$1:$3" and sheet.print_title_cols == "$A:$A"
    assert sheet.page_setup.orientation == "landscape"
    assert [sheet.cell(3, column).value for column in (4, 6)] == ["A", "B"]
    assert sheet.cell(2, 2).value == "Total"


def test_a_wide_sheet_breaks_between_columns_and_a_narrow_one_fits(book, tmp_path):
    wide = openpyxl.load_workbook(book)["Tables"]
    assert wide.col_breaks.brk and all(one.id % 2 == 1 for one in wide.col_breaks.brk)
    tables(groups=2).to_xlsx(tmp_path / "narrow.xlsx")
    narrow = openpyxl.load_workbook(tmp_path / "narrow.xlsx")["Tables"]
    assert narrow.page_setup.fitToHeight == 0 and not narrow.col_breaks.brk


def test_contents_lead_to_the_tables_and_carry_the_notes(book):
    loaded = openpyxl.load_workbook(book)
    sheet = loaded["Contents"]
    links = [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) == 2
    for link, table in zip(links, MADE.tables, strict=True):
        place = link.location.split("!")[1]
        assert loaded["Tables"][place].value == table.caption
    text = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
    assert all(note in text for note in MADE.method["footnotes"])


def test_the_data_sheet_is_the_tidy_frame(book):
    read = pd.read_excel(book, sheet_name="Data", keep_default_na=False, na_values={"estimate": [""], "se": [""]})
    frame = MADE.to_frame()
    assert read.columns.tolist() == frame.columns.tolist()
    assert read["estimate"].to_numpy() == pytest.approx(frame["estimate"].to_numpy(), rel=1e-15, nan_ok=True)
    assert read["category"].tolist() == frame["category"].tolist()


def test_a_workbook_is_written_whole_or_not_at_all(tmp_path):
    with pytest.raises(FileError, match="no folder"):
        MADE.to_xlsx(tmp_path / "nowhere" / "tables.xlsx")
    with pytest.raises(FileError, match="no folder"):
        MADE.to_html(tmp_path / "nowhere" / "tables.html")
    assert list(tmp_path.iterdir()) == []


def test_long_wordings_and_labels_stay_readable(tmp_path):
    frame = pd.DataFrame({"view": ["a very long answer " * 30, "no"] * 50, "sex": ["f" * 60, "m"] * 50})
    made = banner(Design(frame), "view", "sex")
    assert max(width(line) for line in str(made).splitlines()) <= 118
    made.to_xlsx(tmp_path / "long.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "long.xlsx")["Tables"]
    row = next(row for row in sheet.iter_rows() if str(row[0].value).startswith("a very long"))
    assert row[0].value == "a very long answer " * 30
    assert sheet.row_dimensions[row[0].row].height > 100


def test_crossed_columns_have_a_heading_for_each_level(tmp_path):
    frame = pd.DataFrame({"sex": ["f", "m"] * 60, "age": ["old", "old", "young"] * 40, "says": [0, 1, 1, 0] * 30})
    made = banner(Design(frame), "says", ["sex", ("sex", "age")])
    text = str(made)
    assert "sex × age" in text
    made.to_xlsx(tmp_path / "crossed.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "crossed.xlsx")["Tables"]
    assert [sheet.cell(2, column).value for column in (8, 12)] == ["f", "m"]
    assert [sheet.cell(3, column).value for column in (8, 10, 12, 14)] == ["old", "young"] * 2
    assert sheet.cell(2, 4).value == "f" and "D2:E3" in {str(merged) for merged in sheet.merged_cells.ranges}
    assert [column.name for column in made.columns][3:] == ["f, old", "f, young", "m, old", "m, young"]
