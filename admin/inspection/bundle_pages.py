"""What the pages of the bundle show: the eight parts, what is missing, the versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import url_for
from werkzeug.routing import BuildError

from admin.work import bundle_work
from compliance.ordered.papers import document_signed_in
from exports.bundle.cache import is_whole
from exports.bundle.changed import changed_from, files_in
from exports.bundle.index import merged
from exports.bundle.reach import Reach, reach_called, years
from exports.bundle.survey import Missing, PartState, Survey
from exports.bundle.volumes import FILM_WORD
from models.core import calendar, jobs
from models.core.actor import Actor
from models.core.boxes import CLERK, LEADERSHIP
from models.core.errors import BadFile, NotFound
from models.core.files import size_told
from models.core.gates import rows
from models.core.labels import own_label
from models.core.register import REGISTERS
from models.core.values import whole
from models.kept.bundles import BUILT, INSPECTION, Bundle, files_of
from models.kept.photos import Photo
from models.kept.school import SCHOOL_YEAR
from models.photos.view import PHOTOS
from models.school import bundles
from models.sealed.leaders import ALONE

# What is missing is told in full up to here; beyond, the rest is counted.
MOST_TOLD = 12
# Looking whether a lost file is back reads it whole; a broken disk may have lost them all.
MOST_LOST = 50


def semester_asked(acting: Actor, code: str) -> Any:
    """Return the semester called `code`, without one the running or last one."""
    if code:
        found = next((semester for semester in calendar.semesters() if semester.code == code), None)
    else:
        found = calendar.current_semester(acting.today)
    if found is None:
        raise NotFound("没有找到这个学期，请先在设置里登记学期")
    return found


def reach_asked(acting: Actor, code: str) -> Reach:
    """Return the semester or school year called `code`, without one the running semester."""
    return reach_called(code or semester_asked(acting, "").code)


def reaches() -> list[tuple[str, str]]:
    """Return code and title of all that a bundle can be of: each year before its semesters."""
    found = []
    for code in reversed(years()):
        year = reach_called(code)
        found += [(one.code, one.title) for one in (year, *reversed(year.each()))]
    return found


def semester_of(reach: Reach) -> Any:
    """Return the record of the semester that a bundle's record names, of a year its last."""
    return next(
        semester for semester in calendar.semesters() if semester.code == reach.terms[-1].code
    )


def reach_of(bundle: Any) -> Reach | None:
    """Return what a bundle reaches over, None where its semester is not kept any more."""
    known = {semester.id: semester.code for semester in calendar.semesters()}
    code = known.get(bundle.semester_id, "")
    span = calendar.school_calendar().semester(code)
    if span is None:
        return None
    return reach_called(span.school_year if bundle.span == SCHOOL_YEAR else code)


def heading(survey: Survey, reach: Reach) -> str:
    """Return the page's title, which is its answer."""
    missing = len(survey.missing)
    of = f"{reach.title}上报材料"
    return f"{of}还差 {missing} 项" if missing else f"{of}八个部分都齐了"


def part_lines(survey: Survey) -> list[dict[str, Any]]:
    """Return the eight parts as the board's macro shows them."""
    return [_part_line(state) for state in survey.parts]


def _part_line(state: PartState) -> dict[str, Any]:
    missing = state.missing
    titles = list(dict.fromkeys(one.source for one in missing))
    suppliers = list(dict.fromkeys(one.supplier for one in missing))
    return {
        "number": state.part.number,
        "title": state.part.title,
        "percent": state.percent,
        "url": f"#part-{state.part.number}" if missing else "",
        "count": f"已有 {state.found} 份" if state.found else "",
        "missing": "、".join(titles),
        "supplier": "、".join(suppliers),
    }


def missing_groups(survey: Survey) -> list[dict[str, Any]]:
    """Return per part what is missing, equal things told once, each with the way to supply it."""
    groups = []
    for state in survey.parts:
        told = merged(state.missing)
        if told:
            groups.append(
                {
                    "number": state.part.number,
                    "title": state.part.title,
                    "count": len(state.missing),
                    "lines": [_finding(one, count) for one, count in told[:MOST_TOLD]],
                    "more": max(0, len(told) - MOST_TOLD),
                }
            )
    return groups


def _finding(one: Missing, count: int) -> dict[str, Any]:
    text = one.title if one.title != one.source else one.source
    where = _record_url(one)
    return {
        "state": "missed",
        "state_text": "尚缺",
        "text": f"{text} × {count}" if count > 1 else text,
        "note": f"{one.why} · {one.supplier}可补",
        "action_url": where,
        "action_word": _word(one),
    }


def _word(one: Missing) -> str:
    if document_signed_in(one.register) is not None:
        return "去签署"
    return "去补" if one.record_id else "去登记"


def _record_url(one: Missing) -> str:
    """Return where the missing thing is supplied, "" while its register has no page."""
    if not one.register:
        return ""
    signed = document_signed_in(one.register)
    if signed is not None:
        return url_for("documents.show", code=signed.code)
    try:
        if one.record_id:
            return url_for(f"{one.register}.detail", rid=one.record_id)
        return url_for(f"{one.register}.index_view")
    except BuildError:
        return ""


def open_job(reach: Reach) -> Any | None:
    """Return the bundle job of the reach that is being done or ended badly last, else None."""
    job = jobs.newest(bundle_work.KIND)
    if job is None or job.given.get("semester") != reach.code:
        return None
    return job if job.is_open or job.state in (jobs.FAILED, jobs.CANCELLED) else None


def versions(acting: Actor, reach: Reach | None = None) -> list[Any]:
    """Return the bundles within the actor's rows, newest first; of one reach or of all."""
    register = bundles.bundle_register()
    query = rows(acting, register)
    if reach is not None:
        codes = {term.code for term in reach.terms}
        numbers = [semester.id for semester in calendar.semesters() if semester.code in codes]
        query = query.where(Bundle.semester.in_(numbers), Bundle.span == reach.word)
    return list(query.order_by(Bundle.id.desc()).limit(50))


def since_released(
    found: Sequence[Any], one: Any, folder: Path
) -> tuple[Any, list[tuple[str, str]]] | None:
    """Return the version released last before this one, and what changed since, in plain words.

    None where there is none of the same reach, or a file of either is not there any more.
    """
    reach = reach_of(one)
    earlier = (
        other
        for other in found
        if other.released_on is not None and other.id < one.id and reach_of(other) == reach
    )
    last = next(earlier, None)
    if last is None:
        return None
    try:
        old, new = (files_in(folder / name for name in files_of(bundle)) for bundle in (last, one))
    except BadFile:
        return None
    return last, changed_from(old, new).lines


@dataclass(frozen=True)
class Lost:
    """Of a version's files that could not be read: those away, how many are back or given up."""

    away: tuple[Any, ...] = ()
    back: int = 0


def next_step(newest: Any | None, reach: Reach, survey: Survey, lost: Lost) -> dict[str, Any]:
    """Return the one thing to do next, as a button, and why.

    A version that waits to be released is released, unless something it lacks was supplied
    meanwhile: then it is made anew. What could not be read when it was made is not supplied before
    the file is back; until then making it anew would end the same.
    """
    build = {
        "word": "生成",
        "url": url_for("bundles.build"),
        "confirm": "现在生成督查版吗？个人信息会遮蔽，没有同意的照片不会放入。",
        "icon": "bundle",
        "fields": {"semester": reach.code},
    }
    if newest is None:
        return build | {"why": f"这个{reach.word}还没有做过，先生成一份。"}
    missing = len(survey.missing)
    # By today's date more may be asked for than when it was made: only what was supplied counts.
    if (newest.missing or 0) - (newest.lost or 0) > missing:
        told = f"第 {newest.id} 号还差 {newest.missing} 项，现在只差 {missing} 项了"
        return build | {"why": f"{told}，重新生成一份。"}
    if lost.back:
        told = f"做第 {newest.id} 号时读不到的文件，有 {lost.back} 个已经补回或撤下了"
        return build | {"why": f"{told}，重新生成一份。"}
    told = _told_lost(newest, lost)
    if newest.released_on is not None:
        return build | {"why": told or f"第 {newest.id} 号已发布；资料有更新时再生成一份。"}
    return _releasing(newest) | {
        "fields": {},
        "why": told or f"第 {newest.id} 号已做好，看过没有问题就发布给督查。",
        "releases": newest.id,
    }


def _told_lost(one: Any, lost: Lost) -> str:
    """Return what a version lacks that could not be made, and what to do; "" for nothing."""
    if lost.away:
        return (
            f"第 {one.id} 号里少了 {len(lost.away)} 个照片或附件，文件不见了或已损坏："
            "请管电脑的人从备份取回，取回后这里会提示重新生成；取回以前重新生成也补不上。"
        )
    if one.lost and not one.lost_files:
        return (
            f"第 {one.id} 号里有 {one.lost} 份文书排不出来，原因写在缺件清单里："
            "按写明的把登记改好，再重新生成。"
        )
    return ""


def lost_of(acting: Actor, one: Any | None, originals: Path) -> Lost:
    """Return which of a version's lost files are still away; of very many the first count."""
    said = (one.lost_files or "").split() if one is not None else ()
    ids = [number for word in said if (number := whole(word, least=1)) is not None]
    if not ids:
        return Lost()
    found = rows(acting, PHOTOS).where(Photo.id.in_(ids[:MOST_LOST])).order_by(Photo.id)
    away = tuple(photo for photo in found if not is_whole(originals / photo.path, photo.sha256))
    return Lost(away, len(ids[:MOST_LOST]) - len(away))


def lost_lines(lost: Lost) -> list[dict[str, Any]]:
    """Return the files that are away as findings, each with its page."""
    return [
        {
            "state": "missed",
            "state_text": "读不到",
            "text": own_label(PHOTOS, photo),
            "note": f"{REGISTERS[photo.register].title} · 编号 {photo.id} · 文件不见了或已损坏",
            "action_url": url_for("photos.show", photo_id=photo.id),
            "action_word": "去看",
        }
        for photo in lost.away
    ]


def version_lines(
    acting: Actor, found: Sequence[Any], offered: int | None = None
) -> list[dict[str, Any]]:
    """Return the versions as lines, each with what may be done with it.

    `offered` is the version whose release the page offers already.
    """
    lines = [_version(acting, one) for one in found]
    for line in lines:
        if line["id"] == offered:
            line["actions"] = [one for one in line["actions"] if not one.get("post")]
    return lines


def _version(acting: Actor, one: Any) -> dict[str, Any]:
    built = one.state == BUILT
    facts = (
        f"资料截至 {one.made_at:%Y-%m-%d %H:%M}" if one.made_at else "",
        f"{one.documents} 份文书，{one.photos} 张照片" if built else "",
        f"还差 {one.missing} 项" if one.missing else "没有缺件" if built else "",
        size_told(one.size),
        f"分 {len(files_of(one))} 卷" if one.volumes else "",
        f"由{one.made_by}制作" if one.made_by else f"由{one.asked_by}申请",
        ALONE if one.alone else "",
    )
    return {
        "id": one.id,
        "title": f"{one.edition} 第 {one.id} 号",
        "url": url_for("bundles.files", bundle_id=one.id) if built else "",
        "note": " · ".join(filter(None, facts)),
        "state": _state(one),
        "actions": _actions(acting, one) if built else [],
    }


def _state(one: Any) -> dict[str, Any]:
    if one.released_on is not None:
        return {"tone": "met", "text": f"{one.released_on:%m-%d} 已发布给督查"}
    return {"tone": "" if one.state == BUILT else "partly", "text": one.state}


def _actions(acting: Actor, one: Any) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = [
        {"word": "预览", "icon": "eye", "url": url_for("bundles.files", bundle_id=one.id)},
        *downloads(one),
    ]
    if acting.role in (CLERK, LEADERSHIP) and one.edition == INSPECTION:
        actions.append(_releasing(one) if one.released_on is None else _withdrawing(one))
    return actions


def _releasing(one: Any) -> dict[str, Any]:
    return {
        "word": "发布给督查",
        "icon": "upload",
        "post": True,
        "url": url_for("bundles.release", bundle_id=one.id),
        "confirm": f"督查人员将能看到并下载这一份（还差 {one.missing} 项）。现在发布吗？",
    }


def _withdrawing(one: Any) -> dict[str, Any]:
    return {
        "word": "收回",
        "icon": "undo",
        "post": True,
        "url": url_for("bundles.withdraw", bundle_id=one.id),
        "confirm": "收回后督查人员就看不到这一份了。",
    }


def downloads(one: Any) -> list[dict[str, Any]]:
    """Return the ways to download a finished bundle, one for each volume."""
    count = len(files_of(one))
    films = count - (one.film_volumes or 0)
    return [
        {
            "word": f"下载第 {number} 卷{FILM_WORD if number > films else ''}"
            if count > 1
            else "下载",
            "icon": "download",
            "url": url_for(
                "bundles.download", bundle_id=one.id, volume=number if count > 1 else None
            ),
        }
        for number in range(1, count + 1)
    ]
