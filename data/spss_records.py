"""A look at an SPSS file before it is parsed: its records follow on one another, and point only at what exists.

The parser trusts a damaged dictionary: a value label that points at a variable beyond the last one makes it read
foreign memory and may end the process. The walk below reads the dictionary only, not the data. Layout: PSPP
developers' guide, "System File Format".
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from .errors import FileError

HEADER = 176
VARIABLE, LABELS, LABELLED, DOCUMENT, EXTENSION, END = 2, 3, 4, 6, 7, 999
WHOLE_DICTIONARY = 2**31
"""More bytes than any real dictionary has; a damaged length beyond it is not followed."""


class _Damage(ValueError):
    """The dictionary contradicts itself, or ends early; the message says which."""


def promised_rows(path: Path) -> int:
    """Walk a file's dictionary, and give the rows its header promises; -1 when its writer did not know them.

    Raises
    ------
    FileError
        When the header or the dictionary is cut off, or points at what does not exist.
    """
    with open(path, "rb") as handle:
        header = handle.read(HEADER)
        if len(header) < HEADER:
            raise FileError(f"{path} is cut off inside its header; copy it again.")
        order = "<" if struct.unpack_from("<i", header, 64)[0] in (2, 3) else ">"
        (rows,) = struct.unpack_from(f"{order}i", header, 80)
        try:
            walk = _Walk(handle, order)
            walk.to_the_end()
            if header.startswith(b"$FL3"):
                walk.compressed_blocks(path.stat().st_size)
            elif not struct.unpack_from(f"{order}i", header, 72)[0] and rows < 0:
                walk.whole_rows(path.stat().st_size)
        except _Damage as damage:
            raise FileError(f"{path} is {damage}; copy or export it again.") from None
    return int(rows)


class _Walk:
    """A walk over the records of a dictionary."""

    def __init__(self, handle: BinaryIO, order: str) -> None:
        self.handle, self.order = handle, order
        self.variables, self.owed = 0, 0

    def to_the_end(self) -> None:
        """Go through every record up to the one that ends the dictionary."""
        readers = {
            VARIABLE: self.variable,
            LABELS: self.labels,
            LABELLED: self.labelled,
            DOCUMENT: self.document,
            EXTENSION: self.extension,
        }
        while (record := self.number()) != END:
            if record not in readers:
                raise _Damage(f"damaged: its dictionary has a record of the unknown type {record}")
            readers[record]()
        self.skip(4)

    def whole_rows(self, size: int) -> None:
        """Check that plain data end with a row, where the header does not say how many there are."""
        if (size - self.handle.tell()) % (8 * max(self.variables, 1)):
            raise _Damage("cut off: its last row is not whole")

    def compressed_blocks(self, size: int) -> None:
        """Check that the blocks of a .zsav follow on one another and end with the file."""
        start = self.handle.tell()
        header, trailer, length = self.long_numbers(3)
        if header != start or trailer + length != size:
            raise _Damage("cut off: its compressed data do not end with the file")
        self.handle.seek(trailer)
        self.skip(16)
        _, blocks = self.numbers(2)
        if length != 24 + 24 * blocks:
            raise _Damage("damaged: it miscounts its blocks of compressed data")
        plain_end, packed_end = start, start + 24
        for _ in range(blocks):
            plain, packed = self.long_numbers(2)
            plain_size, packed_size = self.numbers(2)
            if (plain, packed) != (plain_end, packed_end) or min(plain_size, packed_size) < 0:
                raise _Damage("damaged: its blocks of compressed data do not follow on one another")
            plain_end, packed_end = plain + plain_size, packed + packed_size
        if packed_end != trailer:
            raise _Damage("damaged: its blocks of compressed data do not fill their place")

    def variable(self) -> None:
        """Pass one variable, or one continuation of a long string."""
        width, has_label, missing, *_ = self.numbers(5)
        self.skip(8)
        self.refuse_odd_width(width)
        if has_label:
            self.skip(-(-self.number() // 4) * 4)
        if abs(missing) > 3:
            raise _Damage(f"damaged: a variable declares {missing} missing values")
        self.skip(8 * abs(missing))
        self.variables += 1

    def refuse_odd_width(self, width: int) -> None:
        """Check a variable's width: 0 is a number; a string of up to 255 bytes takes a record for each 8 of them."""
        if not -1 <= width <= 255 or (width == -1) != (self.owed > 0):
            raise _Damage(f"damaged: variable {self.variables + 1} has the width {width}")
        self.owed = self.owed - 1 if width == -1 else max(-(-width // 8) - 1, 0)

    def labels(self) -> None:
        """Pass one set of value labels."""
        for _ in range(self.count()):
            self.skip(8)
            length = self.take(1)[0]
            self.skip(length + (7 - length) % 8)

    def labelled(self) -> None:
        """Check the variables a set of value labels belongs to."""
        for position in self.numbers(self.count()):
            if not 1 <= position <= self.variables:
                raise _Damage(f"damaged: a value label belongs to variable {position} of {self.variables}")

    def document(self) -> None:
        """Pass the document lines."""
        self.skip(80 * self.count())

    def extension(self) -> None:
        """Pass an extension record: subtype, size and count of its elements."""
        _, size, count = self.numbers(3)
        self.skip(size * count)

    def count(self) -> int:
        """Read a count, which is never negative."""
        (count,) = self.numbers(1)
        if not 0 <= count < WHOLE_DICTIONARY // 4:
            raise _Damage(f"damaged: its dictionary counts {count} entries")
        return count

    def number(self) -> int:
        """Read one number."""
        return self.numbers(1)[0]

    def numbers(self, count: int) -> tuple[int, ...]:
        """Read whole numbers of 32 bits."""
        return struct.unpack(f"{self.order}{count}i", self.take(4 * count))

    def long_numbers(self, count: int) -> tuple[int, ...]:
        """Read whole numbers of 64 bits."""
        return struct.unpack(f"{self.order}{count}q", self.take(8 * count))

    def skip(self, size: int) -> None:
        """Pass over bytes that must be there."""
        self.take(size)

    def take(self, size: int) -> bytes:
        """Read bytes that must be there."""
        if not 0 <= size < WHOLE_DICTIONARY:
            raise _Damage("damaged: its dictionary gives an impossible length")
        taken = self.handle.read(size)
        if len(taken) < size:
            raise _Damage("cut off inside its dictionary")
        return taken
