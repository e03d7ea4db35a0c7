"""Photos: sent one by one from a form, shown by the record's rights, captioned, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from admin.frame.context import actor, runtime
from admin.frame.security import limiter
from admin.registers import photo_pages
from admin.registers.photo_forms import form_values, posted_children
from models.core import audit, service
from models.core.boxes import INSPECTOR
from models.core.errors import BadFile, Conflict, Denied, Invalid, NotFound
from models.core.gates import surface
from models.core.register import find
from models.core.values import whole
from models.photos import store
from models.photos.images import BYTE_LIMIT, CONTENT_TYPES
from models.photos.other_files import FILMS, FORMATS, SOUNDS
from models.photos.view import (
    PHOTOS,
    captions,
    find_photo,
    may_download,
    reason_withheld,
    shown_to,
    withheld,
)

bp = Blueprint("photos", __name__, url_prefix="/photos")

# Also refused photos cost a decoding; nobody chooses more by hand.
UPLOADS_PER_MINUTE = 90

__all__ = ["bp", "form_values"]


@bp.app_context_processor
def _for_record_pages() -> dict[str, Any]:
    """Give detail pages and forms what photos/strip.html and photos/upload.html ask for."""
    return {"photo_strip": photo_pages.strip, "photo_area": photo_pages.area}


@bp.post("/upload")
@limiter.limit(  # type: ignore[untyped-decorator]
    f"{UPLOADS_PER_MINUTE}/minute", key_func=lambda: f"user {g.user.id if g.user else 0}"
)
def upload() -> ResponseReturnValue:
    """Take in one photo; answers JSON {id, thumb, url, taken_at, notice} or {error}."""
    sent = request.files.get("file")
    declared = find(request.form.get("register", ""))
    record_id = _number(request.form.get("record") or "0")
    kinds = list(declared.evidence) if declared else []
    evidence = request.form.get("evidence") or next(iter(kinds), "")
    try:
        photo = store.receive(
            actor(),
            _content(sent, store.file_limit(evidence)),
            register=declared,
            record_id=record_id,
            token=request.form.get("token", ""),
            evidence=evidence,
            storage_root=runtime().originals,
            name=(sent.filename if sent else None) or "",
        )
    except (BadFile, Invalid) as error:
        return {"error": str(error)}, 422
    answer = photo_pages.card(photo) | {
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
        "notice": store.used_elsewhere(actor(), photo, record_id) or None,
    }
    return answer, 200


def _content(sent: FileStorage | None, limit: int = BYTE_LIMIT) -> bytes:
    """Return a sent file's bytes; one more than the limit tells that it is too large."""
    if sent is None:
        return b""
    with sent.stream:
        return sent.stream.read(limit + 1)


def _number(text: str) -> int:
    """Return a posted record id; NotFound for anything else."""
    number = whole(text)
    if number is None:
        raise NotFound
    return number


@bp.get("/<photo_id>/<any(thumb, display):size>.jpg")
def picture(photo_id: str, size: str) -> ResponseReturnValue:
    """Send a copy of a photo: upright, without metadata, asked for anew at every look."""
    photo = _found(photo_id)
    if withheld(actor(), [photo]):
        held: Response = current_app.send_static_file("icons/photo-withheld.svg")
        held.headers["Cache-Control"] = "no-store"
        return held
    if size == "display" and actor().role == INSPECTOR:
        audit.log_access(actor(), "view", PHOTOS.slug, photo.id)
    shown = shown_to(actor(), photo)
    if shown.kind in FORMATS:
        stands: Response = current_app.send_static_file(f"icons/file-{_sort_of(shown)}.svg")
        stands.headers["Cache-Control"] = "no-store"
        return stands
    try:
        path = store.display_path(shown, size, runtime().originals, runtime().cache)
    except BadFile:
        raise NotFound("这张照片的文件找不到了，请联系文员") from None
    answer = send_file(path, mimetype="image/jpeg", etag=f"{shown.sha256}-{size}", max_age=None)
    # The browser may keep it but asks each time: a right may have ended meanwhile.
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _sort_of(photo: Any) -> str:
    return "film" if photo.kind in FILMS else "sound" if photo.kind in SOUNDS else "text"


@bp.get("/<photo_id>/file")
def file(photo_id: str) -> ResponseReturnValue:
    """Send a file other than a picture to whoever may see it, as a download or to a player.

    It is never shown as a page: whoever wrote it could have written anything.
    """
    photo = _found(photo_id)
    shown = shown_to(actor(), photo)
    if withheld(actor(), [photo]):
        raise Denied(reason_withheld(photo))
    path = runtime().originals / shown.path
    if shown.kind not in FORMATS or not path.is_file():
        raise NotFound("没有这个文件，可能已被移除")
    form = FORMATS[shown.kind]
    plays = shown.kind in FILMS | SOUNDS
    if not request.range or request.range.ranges[0][0] == 0:  # A player asks for it in pieces.
        audit.log_access(actor(), "export", PHOTOS.slug, photo.id, form.title)
    title = captions(actor(), [photo])[photo.id]["matter"] or form.title
    answer = send_file(
        path,
        mimetype=form.content_type,
        as_attachment=not plays or "save" in request.args,
        download_name=f"{title}{form.suffix}",
        etag=shown.sha256,
        conditional=True,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/<photo_id>/original")
def original(photo_id: str) -> ResponseReturnValue:
    """Send the untouched file to the office; the look is logged."""
    photo = _found(photo_id)
    if not may_download(actor()):
        raise Denied("原始照片只有文员和领导小组可以下载")
    path = runtime().originals / photo.path
    if not path.is_file():
        raise NotFound("这张照片的文件找不到了")
    audit.log_access(actor(), "export", PHOTOS.slug, photo.id, "照片原件")
    answer = send_file(
        path,
        mimetype="application/octet-stream" if photo.kind in FORMATS else CONTENT_TYPES[photo.kind],
        as_attachment=True,
        download_name=f"照片{photo.id}{path.suffix}",
        etag=False,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _found(photo_id: str) -> Any:
    photo = find_photo(actor(), photo_id)
    if photo is None:
        raise NotFound("没有找到这张照片，可能已被移除，或不在您的查看范围内")
    return photo


@bp.get("/<photo_id>")
def show(photo_id: str) -> ResponseReturnValue:
    """Show one photo with its caption, and the form to correct it."""
    photo = _found(photo_id)
    audit.log_access(actor(), "view", PHOTOS.slug, photo.id)
    return _photo_page(photo)


@bp.post("/<photo_id>")
def save(photo_id: str) -> ResponseReturnValue:
    """Save a photo's caption, mark and children."""
    photo = _found(photo_id)
    writable = {f.name for f in surface(actor(), PHOTOS, "form").fields if f.writable}
    raw = {name: text for name, text in request.form.items() if name in writable}
    try:
        with service.work(actor()) as current:
            lines = posted_children(request.form)
            version = _number(request.form.get("version", ""))
            service.update(actor(), PHOTOS, photo.id, raw, version, lines, current=current)
    except Invalid as error:
        return _photo_page(photo, raw, error.errors, 422)
    except Conflict as error:
        theirs = photo_pages.plain(error.record, error.theirs)
        return _photo_page(error.record, raw, {"": str(error)}, 409, theirs)
    flash("照片说明已保存。", "success")
    return redirect(url_for("photos.show", photo_id=photo.id), 303)


def _photo_page(
    photo: Any,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    theirs: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    view = photo_pages.one(photo, typed or {}, errors or {}, theirs or {})
    return render_template("photos/photo.html", **view), status


@bp.post("/<photo_id>/masked")
def masked(photo_id: str) -> ResponseReturnValue:
    """Attach the masked copy of a file or scan, which is shown outside the school instead."""
    photo = _found(photo_id)
    try:
        data = _content(request.files.get("file"))
        store.add_masked_copy(actor(), photo, data, runtime().originals)
    except BadFile as error:
        return _photo_page(photo, errors={"": str(error)}, status=422)
    flash("遮蔽件已附上，校外人员看到的是遮蔽件。", "success")
    return redirect(url_for("photos.show", photo_id=photo.id), 303)


@bp.post("/<photo_id>/delete")
def delete(photo_id: str) -> ResponseReturnValue:
    """Move a photo to the recycle bin."""
    photo = _found(photo_id)
    store.remove(actor(), photo)
    flash("照片已移到回收站，文员可以恢复。", "success")
    return redirect(photo_pages.gallery_url(photo), 303)


@bp.post("/<photo_id>/restore")
def restore(photo_id: str) -> ResponseReturnValue:
    """Bring a photo back from the recycle bin."""
    photo = store.restore(actor(), _number(photo_id))
    flash("照片已恢复。", "success")
    return redirect(photo_pages.gallery_url(photo), 303)


@bp.get("/of/<slug>/<record_id>")
def gallery(slug: str, record_id: str) -> ResponseReturnValue:
    """Show all photos of one record, and the place to add more."""
    declared, record = photo_pages.record_of(slug, record_id)
    if actor().role == INSPECTOR:
        audit.log_access(actor(), "list", PHOTOS.slug, record.id, declared.title)
    return render_template("photos/gallery.html", **photo_pages.gallery(declared, record))


@bp.post("/of/<slug>/<record_id>")
def add(slug: str, record_id: str) -> ResponseReturnValue:
    """Tie the photos just sent to the record, without opening its whole form."""
    declared, record = photo_pages.record_of(slug, record_id)
    store.open_kinds(actor(), declared, record)
    token, captions, removed = form_values(request.form)
    try:
        with service.work(actor()) as current:
            store.attach(
                actor(),
                declared,
                record,
                token=token,
                captions=captions,
                removed=removed,
                current=current,
            )
    except Invalid as error:
        view = photo_pages.gallery(declared, record, error.errors)
        return render_template("photos/gallery.html", **view), 422
    flash("照片已保存。", "success")
    return redirect(url_for("photos.gallery", slug=slug, record_id=record.id), 303)
