"""What every page of a document says about its origin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


def chinese_date(moment: date) -> str:
    """The date as official documents write it, 2025年9月1日 (GB/T 9704)."""
    return f"{moment.year}年{moment.month}月{moment.day}日"


@dataclass(frozen=True)
class Imprint:
    """School, title, time and maker of one document, handed in by the caller.

    `made_at` is naive Beijing time in whole seconds and is the only time that reaches the file,
    its creation date included, so that the same data gives the same bytes. `edition` is the
    label of a restricted edition (督查版·已遮蔽) and is printed on every page.
    """

    school: str
    title: str
    made_at: datetime
    made_by: str
    subtitle: str = ""
    edition: str = ""

    @property
    def made_line(self) -> str:
        """When and by whom, one line for the foot of a page."""
        return f"{chinese_date(self.made_at)} {self.made_at:%H:%M} 由 {self.made_by} 制作"

    @property
    def pdf_date(self) -> str:
        """`made_at` as a PDF date in Beijing time (ISO 32000-1, 7.9.4)."""
        return f"D:{self.made_at:%Y%m%d%H%M%S}+08'00'"
