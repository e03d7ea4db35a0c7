"""`python app.py bundle`: builds the inspection bundle of a semester or a year into a file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from admin.frame import settings
from admin.frame.context import Runtime
from admin.work.bundle_work import build_for
from exports.bundle.choices import EDGES, VOLUMES, chosen
from exports.bundle.opened import Opened, opened, set_problems
from exports.bundle.order import FULL, INSPECTION, BuiltBundle
from exports.pdf.fonts import STAND_IN
from models.core.actor import system
from models.core.audit import log_access
from models.core.clock import Clock
from models.core.errors import BadValue, Denied
from models.school import accounts

NOBODY = "档案管理员"


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("bundle", help="生成上报材料包，或检查一个资料包")
    reach = parser.add_mutually_exclusive_group()
    reach.add_argument("--semester", metavar="ID", help="学期，如 2025-2026-1")
    reach.add_argument("--school-year", metavar="ID", help="整个学年，如 2025-2026")
    parser.add_argument("--out", type=Path, metavar="FILE", help="写到哪个 .zip 文件")
    parser.add_argument(
        "--check",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="检查一个资料包，或一套分卷：是否完整、改动过、打得开",
    )
    parser.add_argument(
        "--edition",
        choices=(INSPECTION, FULL),
        default=INSPECTION,
        help="inspection 是遮蔽过的督查版；full 要在页面上经领导小组批准",
    )
    parser.add_argument(
        "--edge", type=int, choices=tuple(EDGES), default=None, help="照片长边多少像素"
    )
    parser.add_argument(
        "--volume-mb", type=int, choices=tuple(VOLUMES), default=0, help="分卷，每个不超过多少 MB"
    )
    parser.add_argument("--film-apart", action="store_true", help="视频和录音单独分卷")
    parser.add_argument("--archive", action="store_true", help="另附档案十八项")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build the bundle, say what is in it and what is missing, and return the exit status."""
    if arguments.check is not None:
        return _check_all(arguments.check, as_json=arguments.json)
    reach = _reach_code(arguments)
    if not reach or arguments.out is None:
        raise BadValue(
            "请写 --semester 学期（或 --school-year 学年）和 --out 文件；"
            "要检查一个资料包，请写 --check 文件"
        )
    if arguments.edition == FULL:
        raise Denied("完整版要先在“上报材料”页面申请，经领导小组批准后在页面上生成")
    said, clock = settings.from_environment(), Clock()
    with settings.opened(said):
        clerk = accounts.first_clerk()
        built = build_for(
            Runtime(said.data_dir, clock),
            reach,
            arguments.edition,
            clerk.name if clerk is not None else NOBODY,
            target=arguments.out.absolute(),
            choices=chosen(
                {
                    "edge": str(arguments.edge or ""),
                    "volume_mb": str(arguments.volume_mb),
                    "film_apart": "1" if arguments.film_apart else "",
                    "archive": "1" if arguments.archive else "",
                }
            ),
        )
        actor = system(clock.now(), "命令行")
        log_access(actor, "export", "bundle", detail=f"{reach} {built.sha256}")
    if arguments.json:
        print(json.dumps(told(built, arguments), ensure_ascii=False))
    else:
        for volume in built.volumes:
            print(f"已写好 {volume.path}，{volume.size} 字节")
        print(f"已生成 {built.path}：{built.documents} 份文书，{built.photos} 张照片")
        print(f"还差 {len(built.survey.missing)} 项，见包内缺件清单。校验值：{built.sha256}")
    return 0


def _reach_code(arguments: argparse.Namespace) -> str:
    """Return what is asked for; a school year's code is told from a semester's by its shape."""
    year, semester = arguments.school_year or "", arguments.semester or ""
    if year.count("-") > 1 or (semester and semester.count("-") == 1):
        raise BadValue("学期写成 2025-2026-1，学年写成 2025-2026")
    return str(year or semester)


def _check_all(paths: Sequence[Path], *, as_json: bool) -> int:
    """Look through packages without opening the school; 1 when anything is wrong with them."""
    found = [opened(path) for path in paths]
    lacking = set_problems(found) if len(found) > 1 else []
    if as_json:
        told = [{"file": str(path), **asdict(one)} for path, one in zip(paths, found, strict=True)]
        whole = told[0] if len(told) == 1 else {"volumes": told, "problems": lacking}
        print(json.dumps(whole, ensure_ascii=False))
        return int(bool(lacking) or any(one.problems for one in found))
    results = [_tell(path, one) for path, one in zip(paths, found, strict=True)]
    for problem in lacking:
        print(problem)
    if len(found) > 1 and not lacking:
        print(f"{len(found)} 卷是完整的一套")
    return int(bool(lacking) or any(results))


def _tell(path: Path, found: Opened) -> int:
    for problem in found.problems:
        print(problem)
    for name in found.stood_in:
        print(f"{name}：有字库中没有的字，用 {STAND_IN} 代替，请核对人名")
    for one in found.missing:
        print(f"尚缺：{one}")
    result = (
        f"发现 {len(found.problems)} 处问题" if found.problems else "完整，没有改动过，都打得开"
    )
    print(f"{path.name}：{found.files} 个文件，{result}；缺件清单里有 {len(found.missing)} 项")
    return int(bool(found.problems))


def told(built: BuiltBundle, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the built bundle as plain data."""
    return {
        "file": str(built.path),
        "semester": arguments.semester,
        "school_year": arguments.school_year,
        "edition": arguments.edition,
        "sha256": built.sha256,
        "volumes": [
            {"file": str(volume.path), "sha256": volume.sha256, "bytes": volume.size}
            for volume in built.volumes
        ],
        "bytes": built.size,
        "made_at": built.made_at.isoformat(),
        "audit_head": built.head,
        "documents": built.documents,
        "photos": built.photos,
        "parts": [
            {
                "number": state.part.number,
                "title": state.part.title,
                "percent": state.percent,
                "missing": len(state.missing),
            }
            for state in built.survey.parts
        ],
        "missing": [
            {
                "part": one.part,
                "source": one.source,
                "title": one.title,
                "why": one.why,
                "supplier": one.supplier,
            }
            for one in built.survey.missing
        ],
        "checks": [{"name": c.name, "passed": c.passed, "text": c.text} for c in built.checks],
    }
