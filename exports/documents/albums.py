"""The photo album (照片册) of a register: six to a sheet, each with school, act, date and place."""

from __future__ import annotations

from compliance.ordered.papers import AT_ONCE, EACH_REGISTER, STAFF, document
from exports.documents.books import chosen
from exports.documents.paper import Asked, Paper, laid_out, no_paper
from exports.documents.pictures import photos_for
from exports.pdf.blocks import FORM, Pictures, Text, Title

# A sheet holds three rows of two.
HIGH = 62
MOST = 300


@document(
    "photo-album",
    "照片册",
    clauses=(
        "S03-3",
        "S03-5",
        "S03-6",
        "S03-7",
        "S03-8",
        "S03-9",
        "S03-10",
        "S03-11",
        "S03-12",
        "S03-13",
        "S03-14",
        "S03-15",
        "S03-18",
    ),
    about=EACH_REGISTER,
    roles=STAFF,
    long=lambda asked: chosen(asked).count() > AT_ONCE,
)
def photo_album(asked: Asked) -> Paper:
    """The photos of a register's records as listed; none without the consent its reader needs."""
    assert asked.register is not None
    shown = []
    for records in asked.chunks():
        by_record = photos_for(asked.printing, asked.register, records)
        shown += [photo for photos in by_record.values() for photo in photos]
        if len(shown) >= MOST:
            break
    title = f"{asked.register.title}照片册"
    if not shown:
        what = asked.register.title
        why = f"“{what}”还没有可以放进照片册的照片。在记录里传上照片、标好上面的学生再来打印。"
        return no_paper(title, asked.semester.title, why)
    more = (Text(f"只收前 {MOST} 张，请按条件分册打印。", 9),) if len(shown) > MOST else ()
    return laid_out(
        title,
        asked.semester.title,
        Title(title, f"{asked.school}　{asked.semester.title}", size=18),
        Pictures(tuple(shown[:MOST]), across=2, height=HIGH),
        *more,
        geometry=FORM,
    )
