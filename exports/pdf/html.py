"""Laid-out documents: HTML to PDF through xhtml2pdf, with nothing reachable but named photos."""

from __future__ import annotations

import html as markup
import io
import re
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

from exports.pdf.errors import RenderFailed
from exports.pdf.fonts import RARE, STAND_IN, missing, prepare_reportlab, rare_faces, told_absent
from exports.pdf.imprint import Imprint
from exports.pdf.text import printable
from exports.pdf.wrap import teach_xhtml2pdf_to_wrap

TEMPLATES = Path(__file__).resolve().parent / "templates"
PHOTO_SCHEME = "app-photo:"

# Characters written as numbers, but for those that would become markup.
_NUMBERED = re.compile(r"&#(?:x[0-9a-f]{3,}|\d{3,});", re.IGNORECASE)
_FACES = "kg, sym"
# The renderer's own date and file id, which follow the environment.
_WHEN_AND_ID = re.compile(rb"D:\d{14}[^)]*|/ID\s*\[.*?\]", re.DOTALL)
_MAX_PHOTOS, _MAX_PHOTO_BYTES, _MAX_SECONDS = 1000, 500 * 2**20, 300


def render_html(
    html: str,
    *,
    imprint: Imprint,
    images: Callable[[str], Path],
    landscape: bool = False,
) -> bytes:
    """Lay the document body `html` out on A4 and return the PDF.

    `html` is already escaped and uses the classes of `templates/document.css`; header, footer and
    page numbers are added here. The only images are `<img src="app-photo:ID">`, each of which
    `images` turns into the path of a re-encoded copy. Margins follow GB/T 9704. A character no
    font has is stood in for and named at the end. Raises RenderFailed for a foreign image or
    anything the renderer warns of.
    """
    body = _drawable(html)
    photos = _Photos(images)
    raw = io.BytesIO()
    result = _render(_page(body, imprint, landscape), raw, photos)
    if photos.failure is not None:
        raise photos.failure
    problems = [f"{kind}: {message}" for kind, _line, message, *_rest in result.log]
    if result.err or result.warn:
        raise RenderFailed(
            "文档没有排好，请把页面上的内容核对一遍后重试，仍不行请联系文员", problems
        )
    return _finished(raw, imprint)


class _Photos:
    """Resolves the photos of one document and lets the renderer read those files only.

    xhtml2pdf turns an exception in its link callback into a warning, so the first failure is
    kept for `render_html` to raise.
    """

    def __init__(self, images: Callable[[str], Path]) -> None:
        self._images = images
        self.paths: set[Path] = set()
        self.failure: Exception | None = None

    def link(self, uri: str, _relative: str) -> str:
        """The file of an `app-photo:` source; every other source fails the document."""
        try:
            if not uri.startswith(PHOTO_SCHEME):
                raise RenderFailed("文档里只能使用系统内的照片，请从照片库中选取")
            path = Path(self._images(uri.removeprefix(PHOTO_SCHEME))).resolve()
            if not path.is_file():
                raise RenderFailed("有一张照片的文件不见了，请在照片库中核对后重新生成", [uri])
        except Exception as failure:
            self.failure = self.failure or failure
            raise
        self.paths.add(path)
        return str(path)


def _render(page: str, target: io.BytesIO, photos: _Photos) -> Any:
    prepare_reportlab()
    from xhtml2pdf import default, pisa, tags
    from xhtml2pdf.config.resources import ResourceAccessError, ResourceAccessPolicy

    class NamedPhotosOnly(ResourceAccessPolicy):  # type: ignore[misc]
        """The server policy, narrowed from folders to the photos this document names."""

        def check_path(self, path: str | Path) -> None:
            if Path(path).resolve() not in photos.paths:
                raise ResourceAccessError(f"not a photo of this document: {Path(path).name!r}")

    default.DEFAULT_FONT.update(kg="kg", sym="sym", **{name.lower(): name.lower() for name in RARE})
    # List bullets in the text font, not in the unembedded Symbol and ZapfDingbats.
    tags._list_style_font.clear()
    teach_xhtml2pdf_to_wrap()
    policy = NamedPhotosOnly.server(
        TEMPLATES,
        allow_remote=False,
        max_resources=_MAX_PHOTOS,
        max_total_bytes=_MAX_PHOTO_BYTES,
        max_render_seconds=_MAX_SECONDS,
    )
    try:
        return pisa.CreatePDF(
            page, target, link_callback=photos.link, resource_policy=policy, encoding="utf-8"
        )
    except Exception as failure:
        # The renderer raises whatever its libraries raise; the user gets one sentence.
        raise photos.failure or RenderFailed(
            "文档没有排好：有一块内容一页放不下，请把过长的文字分成几段后重试", [repr(failure)]
        ) from failure


def _page(body: str, imprint: Imprint, landscape: bool) -> str:
    def shown(text: str) -> str:
        return markup.escape(_stood_in(printable(text)))

    texts = {
        "school": shown(imprint.school),
        "title": shown(imprint.title),
        "made": shown(imprint.made_line),
        "edition": shown(imprint.edition),
        "body": body,
    }
    # A face is only named where a text needs it, because the renderer opens all that are named.
    faces = ", ".join([_FACES, *map(str.lower, rare_faces("".join(texts.values())))])
    shell = Template((TEMPLATES / "document.html").read_text(encoding="utf-8"))
    return shell.substitute(
        css=(TEMPLATES / "document.css").read_text(encoding="utf-8").replace(_FACES, faces),
        page=(TEMPLATES / f"page-{'across' if landscape else 'upright'}.css").read_text("utf-8"),
        **texts,
    )


def _drawable(html: str) -> str:
    """Return the body with characters no font has stood in for, and a note of them at the end."""
    body = printable(_NUMBERED.sub(lambda found: markup.unescape(found[0]), html))
    absent = missing(body)
    if not absent:
        return body
    return f'{_stood_in(body)}<p class="remark">{told_absent(absent)}</p>'


def _stood_in(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, missing(text)), STAND_IN))


def _finished(raw: io.BytesIO, imprint: Imprint) -> bytes:
    """Give the file its title and `made_at` as its only time, and an id that follows both."""
    from pypdf import PdfReader, PdfWriter

    from exports.pdf.stamp import describe

    writer = PdfWriter(clone_from=PdfReader(raw))
    describe(writer, imprint, _WHEN_AND_ID.sub(b"", raw.getvalue()))
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
