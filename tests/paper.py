"""What was drawn on paper, line by line, without reading the PDF back."""

from __future__ import annotations

from dataclasses import dataclass, field

from exports.pdf.fonts import REGULAR
from exports.pdf.sheet import Sheet


@dataclass(frozen=True)
class Line:
    """One line of text: where it was drawn, and in which letters."""

    page: int
    x: float
    y: float
    text: str
    font: str


@dataclass
class Paper:
    """All lines drawn since `clear`, in order, and the sheet they were drawn on."""

    lines: list = field(default_factory=list)
    sheet: object = None

    def note(self, sheet, x, y, text, font):
        self.sheet = sheet
        self.lines.append(Line(sheet.page, round(x, 3), y, text, font))

    def clear(self):
        self.lines.clear()

    @property
    def text(self):
        """All that was drawn, without blanks: what was wrapped stands together again."""
        return "".join("".join(line.text for line in self.lines).split())

    def body(self, but=""):
        """The lines in plain letters between header and footer; `but` is no line of the table."""
        return [
            line
            for line in self.lines
            if self.sheet.bottom <= line.y <= self.sheet.top
            and line.font == REGULAR
            and line.text != but
        ]


def watched(monkeypatch):
    """Return the paper on which every sheet draws from now on."""
    paper, write = Paper(), Sheet.write

    def noting(sheet, x, y, line, size, font=REGULAR):
        paper.note(sheet, x, y, line, font)
        write(sheet, x, y, line, size, font)

    monkeypatch.setattr(Sheet, "write", noting)
    return paper
