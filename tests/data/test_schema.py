"""A document held against a model: the finding names place and remedy."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, field_validator

from topline.data.errors import DocumentError
from topline.data.schema import validated
from topline.data.yaml_file import load_document


class Inner(BaseModel, extra="forbid"):
    size: float = 1.0


class Outer(BaseModel, extra="forbid"):
    inner: Inner = Inner()
    flags: tuple[bool, ...] = ()
    name: str = ""
    parts: dict[str, str] = {}

    @field_validator("name")
    @classmethod
    def not_bob(cls, value: str) -> str:
        if value == "bob":
            raise ValueError("nobody is called bob.")
        return value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inner:\n  sise: 2", "line 2, inner, sise: the key 'sise' is not known here. Did you mean 'size'?"),
        ("inner: 3", "line 1, inner: '3' is not a set of keys."),
        ("flags: [true, perhaps]", "line 1, flags, entry 2: 'perhaps' is not true or false."),
        ("flags: yes", "'yes' is not a list."),
        ("name: [a]", "['a'] is not a text."),
        ("parts: a", "'a' is not a set of keys."),
        ("name: bob", "line 1, name: nobody is called bob."),
        ("parts:\n  one: [two]", "line 2, parts, one: ['two'] is not a text."),
    ],
)
def test_mismatch_names_place_value_and_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        validated(Outer, load_document(text, "outer.yaml"))
    assert message in str(caught.value)


def test_document_that_fits_becomes_the_model() -> None:
    assert validated(Outer, load_document("inner: {size: 2.5}\nflags: [true]")) == Outer(
        inner=Inner(size=2.5), flags=(True,)
    )
