"""`python app.py audit verify`: checks that nobody has changed anything behind the record."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from admin.frame import settings
from models.core import verification
from models.core.actor import SYSTEM
from models.core.audit import ChainReport
from models.core.gates import rows
from models.core.register import REGISTERS, find
from models.core.verification import Verification
from models.school.draws import Draw

HEAD = "head"
HOW = {"added": "没有登记过", "removed": "已不在", "changed": "和登记的不一样"}
# So many numbers are named; the rest is counted.
NAMED = 10


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("audit", help="核对操作记录")
    steps = parser.add_subparsers(dest="step", required=True, metavar="步骤")
    verify = steps.add_parser("verify", help="核对记录链、每条记录和查看记录")
    verify.add_argument("--anchor", metavar="HASH", help="以前打印在资料上的链头，应当在链中")
    verify.add_argument("--json", action="store_true", help="只输出 JSON")
    verify.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check everything, say what was and was not checked, and return 0 only when all holds."""
    with settings.opened(settings.from_environment()):
        anchor = arguments.anchor.strip().lower() if arguments.anchor else None
        report = verification.verify(anchor, noted_heads())
    if arguments.json:
        facts = {**asdict(report), "intact": report.intact}
        print(json.dumps(facts, ensure_ascii=False, default=str))
    else:
        print("\n".join(told(report)))
    return 0 if report.intact else 1


def noted_heads() -> Iterator[str]:
    """Yield the heads kept with packages, closed semesters and draws."""
    for register in REGISTERS.values():
        spec = register.fields.get(HEAD)
        if spec is not None and spec.target is None:
            column = getattr(register.model, HEAD)
            query = rows(SYSTEM, register, deleted=None).select(column)
            yield from (head for (head,) in query.tuples() if head)
    yield from (draw.head for draw in Draw.select(Draw.head))


def told(report: Verification) -> list[str]:
    """Return the findings as sentences, then what was not checked."""
    found = [*_of_chain(report.chain), *_of_records(report), *_of_looks(report)]
    kept = _named([str(number) for number in report.chain.erased])
    erased = f"{len(report.chain.erased)} 条的内容已按决定清除（第 {kept} 条）" if kept else ""
    checked = (
        f"核对了操作记录 {report.chain.entries} 条的前后相连和链头签名、"
        f"登记 {report.records} 条和查看记录 {report.looks} 条。"
    )
    not_checked = [
        erased,
        f"{report.unmarked} 条登记没有校验值，只比对了版本" if report.unmarked else "",
        f"{report.open} 条查看记录所在的日子还没有封存" if report.open else "",
        "附件文件、密封内容能否打开、整个数据文件夹是否换成了较早的一份（要用以后打印的链头核对）",
    ]
    result = found or [f"没有发现问题。链头：{report.chain.hash}"]
    return [checked, *result, "没有核对：" + "；".join(filter(None, not_checked)) + "。"]


def _of_chain(chain: ChainReport) -> Iterator[str]:
    if chain.broken_at is not None:
        yield f"操作记录从第 {chain.broken_at} 条起对不上，请保留现场并报告学校领导。"
    if chain.doubt is not None:
        yield f"第 {chain.doubt} 条处的链头不是本系统签的：记录链被截断或改写过，或密钥换过。"
    if chain.backwards:
        named = _named([str(number) for number in chain.backwards])
        yield (
            f"有 {len(chain.backwards)} 处的时间比前一条还早（第 {named} 条）："
            "主机的时钟被拨回过，前后以编号为准。"
        )
    if chain.lost:
        yield f"有 {len(chain.lost)} 个记在资料包、封存或抽查里的链头不在链中：记录可能被截断过。"
    if chain.anchor_found is False:
        yield "没有找到给出的链头：记录可能被整体替换过。"


def _of_records(report: Verification) -> Iterator[str]:
    counted = Counter((stray.register, stray.how) for stray in report.strays)
    for (slug, how), count in sorted(counted.items()):
        ids = [str(s.record_id) for s in report.strays if (s.register, s.how) == (slug, how)]
        declared = find(slug)
        title = declared.title if declared else slug
        yield f"“{title}”有 {count} 条{HOW[how]}（编号 {_named(ids)}）：有人绕过系统改动了数据库。"
    if report.records and not report.chain.entries:
        yield "操作记录是空的，而登记里有记录：操作记录被清空过。"


def _of_looks(report: Verification) -> Iterator[str]:
    if report.days:
        days = _named([day.isoformat() for day in report.days])
        yield f"查看记录有 {len(report.days)} 天和封存时不一样（{days}）：被删改过。"


def _named(texts: list[str]) -> str:
    return "、".join(texts[:NAMED]) + ("…" if len(texts) > NAMED else "")
