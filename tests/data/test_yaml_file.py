"""Strict YAML: what is written is what is read, and what cannot be read is named with its line."""

from __future__ import annotations

import time

import pytest

from topline.data.errors import DocumentError, FileError
from topline.data.yaml_file import DEEPEST, ENOUGH, LARGEST, load_document, spoken


def findings(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(DocumentError) as caught:
        load_document(text, "questionnaire.yaml")
    return [(finding.line, finding.problem) for finding in caught.value.findings]


def test_every_scalar_stays_the_text_that_was_written():
    document = load_document("a: NO\nb: 1.10\nc: 012\nd: ~\ne: 2001-01-01\nf: true\ng:\nh: '4'\ni: 1e3\n")
    assert document.data == {
        "a": "NO",
        "b": "1.10",
        "c": "012",
        "d": "~",
        "e": "2001-01-01",
        "f": "true",
        "g": "",
        "h": "4",
        "i": "1e3",
    }


def test_lists_keys_and_long_texts_are_read_in_their_order():
    document = load_document(
        "pages:\n  - name: z\n  - {name: a, note: [x, y]}\ntext: |\n  one\n  two\nfold: >\n  one\n  two\n"
    )
    assert document.data == {
        "pages": [{"name": "z"}, {"name": "a", "note": ["x", "y"]}],
        "text": "one\ntwo\n",
        "fold": "one two\n",
    }
    assert list(document.data) == ["pages", "text", "fold"]


def test_every_key_and_entry_knows_its_line():
    document = load_document("# a comment\ntitle: x\npages:\n  - name: a\n\n    label:\n      en: A\n  - name: b\n")
    assert document.lines == {
        ("title",): 2,
        ("pages",): 3,
        ("pages", 0): 4,
        ("pages", 0, "name"): 4,
        ("pages", 0, "label"): 6,
        ("pages", 0, "label", "en"): 7,
        ("pages", 1): 8,
        ("pages", 1, "name"): 8,
    }


def test_an_unwritten_place_takes_the_line_of_what_surrounds_it():
    document = load_document("pages:\n  - name: a\n    label:\n      en: A\n")
    assert document.line("pages", 0, "label", "zh") == 3
    assert document.line("absent") is None
    assert document.line() is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (">-\n  名单由政府发布。\n  您是否支持？\n", "名单由政府发布。您是否支持？"),
        ("名单由政府发布\n  您是否支持？\n", "名单由政府发布您是否支持？"),
        ("'名单\n  您 是'\n", "名单您 是"),
        (">-\n  男 女\n  和\n", "男 女和"),
        (">-\n  How much\n  do you\n", "How much do you"),
        (">-\n  使用 app\n  上网\n", "使用 app 上网"),
        (">-\n  第一段。\n\n  第二段。\n", "第一段。\n第二段。"),
        ("|-\n  名单。\n  您？\n", "名单。\n您？"),
        ("男 女\n", "男 女"),
        (">-\n  당신은\n  찬성\n", "당신은 찬성"),
    ],
)
def test_lines_of_chinese_are_joined_without_the_space_that_folding_puts_between(written, read):
    assert load_document(f"label: {written}").data == {"label": read}


def test_a_repeated_key_is_a_finding_with_both_lines():
    assert findings("sex: 1\nage: 2\nsex: 3\n") == [
        (3, "the key 'sex' stands here again; it is already on line 1. Remove or rename one of the two.")
    ]


def test_two_levels_of_repeated_keys_are_both_found():
    found = findings("a:\n  b: 1\n  b: 2\na:\n  c: 1\n  c: 2\n")
    assert [line for line, _ in found] == [3, 4, 6]


def test_an_alias_bomb_is_refused_at_once_and_not_expanded():
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    start = time.perf_counter()
    found = findings("\n".join(lines))
    assert time.perf_counter() - start < 20
    assert (1, "the anchor '&a0' is not read; remove it.") in found
    assert (2, "the alias '*a0' is not read; write the text out where it belongs.") in found


def test_tags_are_refused_also_the_kind_that_would_run_code():
    found = findings("a: !!python/object/apply:os.system [ls]\nb: !!int 3\nc: ! 4\n")
    assert [line for line, _ in found] == [1, 2, 3]
    assert "python/object/apply:os.system" in found[0][1]


def test_findings_of_different_kinds_come_together_and_in_line_order():
    found = findings("a: 1\nb: *x\na: 2\nc: !!str 3\n")
    assert [line for line, _ in found] == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a:\n b\n  c: 1\n", 3, "this line begins in column 3, which does not fit the lines above: line 2 begins in "),
        ("a:\n  b: 1\n # why\n\n c: 2\n", 5, "line 1 begins in column 1 and line 2 begins in column 3. Indent it by"),
        (
            "a:\n  - b: 1\n  c: 2\n",
            3,
            "column 3, which does not fit the lines above: line 2 begins in column 5 (behind",
        ),
        ("a:\n  - b: 1\n - c: 2\n", 3, "column 2, which does not fit the lines above: line 1 begins in column 1 and"),
        ("  a: 1\nb: 2\n", 2, "this line begins in column 1, which does not fit the lines above: line 1 begins in"),
        ("a: Note: b\n", 1, "a text that holds ': ' stands in quotes"),
        ("a: 1\nwords\nb: 2\n", 2, "'words' is neither 'key: text' nor '- entry'"),
        ("a: @b\n", 1, "a text that begins with '@' stands in quotes"),
        ("a: {b: 1\nc: 2\n", 2, "the '{' of line 1 is not closed here as it should be; write '}'"),
        ("a: 1\nb: [2\n", 3, "the '[' of line 2 is not closed"),
        ("a: 'open\n", 1, "the quote that opens here is never closed"),
        ("a: 1\n\tb: 2\n", 2, "this line begins with a tab; indent with spaces."),
        ("a: 1\nb:\t2\n", 2, "this line holds a tab; indent with spaces."),
        ("a: 1\n&\n", 2, "this is not YAML: while scanning an anchor"),
        ("a: \x00\n", None, "special characters are not allowed"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("--- 1\n--- 2\n", 2, "second document"),
        ("? [1, 2]\n: 3\n", 1, "where one key is expected"),
        ("- 1\n- 2\n", None, "a list at its top"),
        ("only words\n", None, "text at its top"),
        ("", None, "nothing at its top"),
        ("*x : 1\n", 1, "alias '*x'"),
    ],
)
def test_what_is_not_a_document_is_said_with_its_line(text, line, says):
    found = findings(text)
    assert found[0][0] == line
    assert says in found[0][1]


def test_nesting_is_refused_before_it_can_exhaust_the_reader():
    start = time.perf_counter()
    found = findings("a: " + "[" * 100_000)
    assert time.perf_counter() - start < 20
    assert found == [(1, f"nested deeper than {DEEPEST} levels; nothing in a study document is.")]


def test_reading_stops_after_enough_findings():
    assert len(findings("a: 1\n" * 5000)) == ENOUGH


def test_a_text_too_long_is_refused_with_its_length():
    with pytest.raises(FileError, match="1,000,003 characters"):
        load_document("a: " + "x" * LARGEST)


def test_a_file_is_named_in_its_findings_and_may_start_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "bank.yaml"
    path.write_text("\ufefftitle: 社会信用\r\nb: 2\r\n", encoding="utf-8")
    document = load_document(path)
    assert document.data == {"title": "社会信用", "b": "2"}
    assert document.name == "bank.yaml"
    path.write_text("a: 1\na: 2\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"^bank\.yaml, line 2: "):
        load_document(path)


def test_a_file_that_is_absent_huge_or_of_another_encoding_is_refused_by_name(tmp_path):
    with pytest.raises(FileError, match=r"absent\.yaml cannot be read: No such file"):
        load_document(tmp_path / "absent.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("title: Übel\n".encode("latin-1"))
    with pytest.raises(FileError, match=r"latin\.yaml is not UTF-8 text \(byte 8 is 0xdc\)"):
        load_document(latin)
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (4 * LARGEST + 1))
    with pytest.raises(FileError, match="4,000,001 bytes"):
        load_document(huge)


def test_a_place_is_said_as_a_person_would_look_for_it():
    assert spoken(("pages", 0, "label")) == "pages, entry 1, label"
