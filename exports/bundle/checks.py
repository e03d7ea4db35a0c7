"""The four checks of an electronic archive: 真实, 完整, 可用, 安全 (DA/T 70).

Each answer is worked out from the records and the files, never asserted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from peewee import fn

from exports.bundle.declaration import PHOTOS
from exports.bundle.order import FULL, Check, Frame, Item
from exports.bundle.selection import CHUNK, selected
from exports.bundle.survey import Survey
from models.core.actor import system
from models.core.audit import GENESIS, AuditEntry
from models.core.gates import rows
from models.core.register import Register
from models.kept.photos import Photo
from models.photos.view import PHOTOS as PHOTO_REGISTER

# What the bundle itself writes into the chain says nothing about its contents.
_OWN = ("bundle", "disclosure", "user")


def head_at(moment: datetime) -> str:
    """Return the audit chain's last link at `moment`; `audit verify --anchor` finds it."""
    found = (
        AuditEntry.select(AuditEntry.hash)
        .where(AuditEntry.at <= moment, AuditEntry.register.not_in(_OWN))
        .order_by(AuditEntry.id.desc())
        .first()
    )
    return str(found.hash) if found is not None else GENESIS


def four_checks(frame: Frame, survey: Survey, items: Sequence[Item]) -> tuple[Check, ...]:
    """Return the result of the four checks."""
    return (
        _true(frame, survey),
        _complete(survey, items),
        _usable(items),
        _safe(frame, survey, items),
    )


def _true(frame: Frame, survey: Survey) -> Check:
    looked, strays = 0, 0
    for register, query in _used(frame, survey):
        versions = dict(query.select(register.model.id, register.model.version).tuples())
        looked += len(versions)
        strays += _strays(register, versions)
    found = f"有 {strays} 条不符" if strays else "全部相符"
    text = f"核对 {looked} 条记录的版本与审计链，{found}"
    return Check("真实", not strays, text)


def _used(frame: Frame, survey: Survey) -> Iterator[tuple[Register, Any]]:
    """Yield each register the documents print, with the query of its rows, and the photos."""
    for part in survey.parts:
        for state in part.sources:
            if state.source.make != PHOTOS:
                for register in state.source.registers:
                    yield register, selected(frame.reader, register, state.source, frame.term)
    ids = sorted(photo.photo.id for photo in survey.photos)
    for start in range(0, len(ids), CHUNK):
        chosen = Photo.id.in_(ids[start : start + CHUNK])
        yield PHOTO_REGISTER, rows(system(frame.made_at), PHOTO_REGISTER).where(chosen)


def _strays(register: Register, versions: Mapping[int, int]) -> int:
    """Count records whose version is not the one the chain tells: changed past the write path."""
    ids = sorted(versions)
    told: dict[int, int] = {}
    for start in range(0, len(ids), CHUNK):
        query: Any = (
            AuditEntry.select(AuditEntry.record_id, fn.MAX(AuditEntry.version))
            .where(
                AuditEntry.register == register.slug,
                AuditEntry.record_id.in_(ids[start : start + CHUNK]),
            )
            .group_by(AuditEntry.record_id)
        )
        told |= dict(query.tuples())
    return sum(1 for record_id, version in versions.items() if told.get(record_id) != version)


def _complete(survey: Survey, items: Sequence[Item]) -> Check:
    missing = len(survey.missing)
    whole = sum(1 for part in survey.parts if part.percent == 100)
    lacking = f"有 {missing} 项尚缺（见缺件清单）" if missing else "没有缺件"
    text = (
        f"八个部分中 {whole} 个齐全，{lacking}；"
        f"共 {len(items)} 个文件，每个都列入文件清单和校验清单"
    )
    return Check("完整", not missing, text)


def _usable(items: Sequence[Item]) -> Check:
    documents = [item for item in items if item.made.path.suffix == ".pdf"]
    bad = sum(1 for item in documents if not item.made.pages) + sum(
        1 for item in items if not item.made.bytes
    )
    pages = sum(item.made.pages for item in documents)
    result = f"有 {bad} 个打不开" if bad else "全部打得开"
    text = (
        f"打开 {len(documents)} 份文书共 {pages} 页、{len(items) - len(documents)} 张照片，"
        f"{result}；字体已嵌入，离线可读"
    )
    return Check("可用", not bad, text)


def _safe(frame: Frame, survey: Survey, items: Sequence[Item]) -> Check:
    withheld = sum(
        1 for p in survey.parts for s in p.sources for photo in s.photos if photo.withheld
    )
    full = frame.order.edition == FULL
    masked = "含未遮蔽的个人信息，仅供批准的用途" if full else "姓名、证件号、电话、住址已遮蔽"
    text = (
        f"{masked}；{sum(1 for item in items if item.kind == 'photo')} 张照片有同意或对外标记，"
        f"{withheld} 张不具备条件的未放入；照片副本不含拍摄位置信息"
    )
    return Check("安全", True, text)
