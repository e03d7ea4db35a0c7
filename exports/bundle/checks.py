"""The four checks of an electronic archive: 真实, 完整, 可用, 安全 (DA/T 70).

Each answer is worked out from the records and the files, never asserted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from exports.bundle.declaration import PHOTOS
from exports.bundle.looked import SHIPPED
from exports.bundle.names import fault_of
from exports.bundle.order import FULL, NOTE, PHOTO, SCAN, Check, Frame, Item
from exports.bundle.plain import PlainData
from exports.bundle.selection import CHUNK, selected
from exports.bundle.survey import NO_ARCHIVE, Survey
from exports.pdf.fonts import told_absent
from models.core.actor import system
from models.core.audit import GENESIS, AuditEntry
from models.core.gates import rows
from models.core.register import Register
from models.core.verification import ACCESS_DAY, strays_among
from models.kept.photos import Photo
from models.photos.other_files import OWN_FILES
from models.photos.view import PHOTOS as PHOTO_REGISTER
from models.photos.view import without_consent

# What the bundle itself writes into the chain says nothing about its contents.
_OWN = ("bundle", "disclosure", "user", ACCESS_DAY)


def head_at(moment: datetime) -> str:
    """Return the audit chain's last link at `moment`; `audit verify --anchor` finds it."""
    found = (
        AuditEntry.select(AuditEntry.hash)
        .where(AuditEntry.at <= moment, AuditEntry.register.not_in(_OWN))
        .order_by(AuditEntry.id.desc())
        .first()
    )
    return str(found.hash) if found is not None else GENESIS


def four_checks(
    frame: Frame,
    survey: Survey,
    items: Sequence[Item],
    plain: PlainData,
    archive: Survey = NO_ARCHIVE,
) -> tuple[Check, ...]:
    """Return the result of the four checks; `plain` has seen every text the documents print.

    Complete are the eight parts; the `archive`'s tree is looked through like them.
    """
    both = survey.beside(archive)
    return (
        _true(frame, both),
        _complete(survey, items),
        _usable(items, plain.absent),
        _safe(frame, both, items, plain),
    )


def _true(frame: Frame, survey: Survey) -> Check:
    strays = 0
    looked: set[tuple[str, int]] = set()
    for register, query in _used(frame, survey):
        records = [one for one in query if (register.slug, one.id) not in looked]
        looked.update((register.slug, record.id) for record in records)
        strays += strays_among(register, records)
    found = f"有 {strays} 条不符" if strays else "全部相符"
    text = f"核对 {len(looked)} 条记录的内容与审计链，{found}"
    return Check("真实", not strays, text)


def _used(frame: Frame, survey: Survey) -> Iterator[tuple[Register, Any]]:
    """Yield each register the documents print, with the query of its rows, and the photos."""
    for part in survey.parts:
        for state in part.sources:
            if state.source.make != PHOTOS:
                for register in state.source.registers:
                    yield register, selected(frame.reader, register, state.source, frame.reach)
    scans = {scan.photo.id for _part, _source, scan in survey.scans if not scan.withheld}
    ids = sorted(scans | {photo.photo.id for photo in survey.photos})
    for start in range(0, len(ids), CHUNK):
        chosen = Photo.id.in_(ids[start : start + CHUNK])
        yield PHOTO_REGISTER, rows(system(frame.made_at), PHOTO_REGISTER).where(chosen)


def _complete(survey: Survey, items: Sequence[Item]) -> Check:
    missing = len(survey.missing)
    whole = sum(1 for part in survey.parts if part.percent == 100)
    lacking = f"有 {missing} 项尚缺（见缺件清单）" if missing else "没有缺件"
    # Two files of one name would be one file in the package.
    covered = len(items) - len({item.name for item in items})
    listed = f"有 {covered} 个重名" if covered else "每个都列入文件清单和校验清单"
    text = f"八个部分中 {whole} 个齐全，{lacking}；共 {len(items)} 个文件，{listed}"
    return Check("完整", not missing and not covered, text)


def _usable(items: Sequence[Item], absent: Collection[str]) -> Check:
    documents = [item for item in items if item.is_document]
    scans = sum(1 for item in items if item.kind == SCAN)
    bad = sum(1 for item in items if item.made.unreadable)
    notes = sum(1 for item in items if item.kind == NOTE)
    photos = sum(1 for item in items if item.kind == PHOTO)
    pages = sum(item.made.pages for item in documents)
    result = f"有 {bad} 个打不开" if bad else "全部打得开"
    text = (
        f"打开 {len(documents)} 份文书共 {pages} 页、{photos} 张照片"
        f"{f'、{scans} 份附件' if scans else ''}{f'、{notes} 份说明' if notes else ''}，"
        f"{result}；字体已嵌入，离线可读"
    )
    if absent:
        text += f"；{told_absent(sorted(absent))}"
    return Check("可用", not bad, text)


def _safe(frame: Frame, survey: Survey, items: Sequence[Item], plain: PlainData) -> Check:
    withheld = len(
        {
            photo.photo.id
            for part in survey.parts
            for state in part.sources
            for photo in state.photos
            if photo.withheld
        }
    )
    full = frame.order.edition == FULL
    masked = "含未遮蔽的个人信息，仅供批准的用途" if full else "姓名、证件号、电话、住址已遮蔽"
    shipped = sum(1 for item in items if item.kind == PHOTO)
    faults = list(_faults(frame, survey, items, plain))
    told = f"发现问题：{'；'.join(faults)}" if faults else "没有发现脚本、附件和拍摄信息"
    kept = sum(1 for _part, _source, scan in survey.scans if scan.withheld)
    text = (
        f"{'' if plain.found else f'{masked}；'}放入 {shipped} 张照片，"
        f"{withheld} 张不具备条件的未放入；"
        f"{f'{kept} 份附件没有标明不含个人信息，未放入；' if kept else ''}"
        f"检查 {len(items)} 个文件，{told}"
    )
    return Check("安全", not faults, text)


def _faults(frame: Frame, survey: Survey, items: Sequence[Item], plain: PlainData) -> Iterator[str]:
    """Yield what must not leave the school and is in the package."""
    # A school's own files were looked at when they came in, and are never opened by our pages.
    own_files = {
        item.name for item in items if item.kind == "scan" and item.made.path.suffix != ".jpg"
    }
    harmful = Counter(
        item.made.harm for item in items if item.made.harm and item.name not in own_files
    )
    for harm, count in sorted(harmful.items()):
        yield f"{count} 个文件{harm}"
    if strange := sum(1 for item in items if not is_safe_path(item.name, item.name in own_files)):
        yield f"{strange} 个文件名会落到包外"
    for register in _registers(survey):
        if register.sealed:
            yield f"有密封登记“{register.title}”的内容"
    day = frame.made_at.date()
    if unasked := _not_to_be_shown([photo.photo for photo in survey.photos], day):
        yield f"{unasked} 张照片没有同意或对外标记"
    # The full edition holds every scan.
    scans = [scan.photo for _part, _source, scan in survey.scans if not scan.withheld]
    if frame.order.edition != FULL and (unmarked := _not_to_be_shown(scans, day)):
        yield f"{unmarked} 份附件没有标明不含个人信息"
    if plain.found:
        yield f"还有未遮蔽的{plain.found}"


def is_safe_path(name: str, own_file: bool = False) -> bool:
    """Whether a file's path stays below its folder on every system, and is of a kind we ship.

    `own_file` says that the school kept it as a file of a record.
    """
    return not fault_of(name) and Path(name).suffix in (
        SHIPPED | OWN_FILES if own_file else SHIPPED
    )


def _registers(survey: Survey) -> list[Register]:
    found = {
        register.slug: register
        for part in survey.parts
        for state in part.sources
        for register in state.source.registers
    }
    return list(found.values())


def _not_to_be_shown(photos: Sequence[Any], day: date) -> int:
    """Count photos or scans that may not be shown outside, asked anew by the panel's rule."""
    return sum(
        len(without_consent(photos[start : start + CHUNK], day))
        for start in range(0, len(photos), CHUNK)
    )
