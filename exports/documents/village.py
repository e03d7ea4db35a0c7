"""The village's copy of a child's file (村组存档册): what the disclosure names, nothing else."""

from __future__ import annotations

from typing import Any

from compliance.ordered.papers import INTERNAL, document
from exports.documents.looked import Looked, looked
from exports.documents.paper import Asked, Paper, laid_out, no_paper
from exports.pdf.blocks import FORM, Block, Cell, Grid, Row, Spread, Text, Title, Turn, label
from exports.pdf.imprint import chinese_date
from models.core.display import HIDDEN, Page
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.bundles import Disclosure
from models.kept.children import Child, Guardian, Parent, newest_consents, stands

CONSENTED = "村级留存"
KIND = "村组副本"
# What a village is given when the disclosure says no fields: no number of any paper of identity.
USUAL = ("name", "sex", "born_on", "school_class", "address", "guardianship", "lives_with")
REFUSED = "监护人还没有签“村级留存”知情同意书，或者已经撤回，不能提供。请先登记知情同意。"
# Never handed out, whatever the disclosure says.
NEVER = ("id_number", "school_number", "illness", "allergies", "remarks", "private_remark")


@document(
    "village-copy",
    "村组存档册",
    clauses=("Q23-1",),
    source=("disclosure", "child", "parent", "guardian"),
    about="disclosure",
    where={"kind": KIND},
    editions=(INTERNAL,),
)
def village_copy(asked: Asked) -> Paper:
    """A sheet for each disclosure to a village: the fields it names, of a child with consent.

    It is made from the record of the disclosure, so none leaves the school without one; a child
    without consent has no sheet.
    """
    page = Page(asked.reader, register_of(Disclosure), asked.records, "pdf")
    ids = sorted({one.child_id for one in asked.records if one.child_id})
    children = looked(asked.reader, Child, Child.id.in_(ids))
    consents = newest_consents(asked.reader.today, ids)
    blocks: list[Block] = []
    for record in asked.records:
        child = next((one for one in children if one.id == record.child_id), None)
        given = consents.get((record.child_id, CONSENTED))
        if child is None or given is None or not stands(given, asked.reader.today):
            continue
        blocks += [Turn()] if blocks else []
        blocks += _sheet(asked, page, record, children, child)
    if not blocks:
        return no_paper("村组存档册", asked.semester.title, REFUSED)
    return laid_out("村组存档册", asked.semester.title, *blocks, geometry=FORM)


def _sheet(asked: Asked, page: Page, record: Any, children: Looked, child: Any) -> list[Block]:
    title = Title("留守儿童档案村组存档册", f"提供给：{page.text(record, 'recipient')}")
    names = _chosen(children.page, record.what)
    texts = [(n, children.text(child, n)) for n in names]
    pairs = [(_label(children.page, n), text) for n, text in texts if text != HIDDEN]
    rows = [
        Row(tuple(cell for word, text in two for cell in (label(word), Cell(text))))
        for two in (pairs[start : start + 2] for start in range(0, len(pairs), 2))
    ]
    if rows and len(rows[-1].cells) == 2:
        word, said = rows[-1].cells
        rows[-1] = Row((word, Cell(said.text, 3)))
    given = page.text(record, "given_at")
    return [
        title,
        Spread((f"学校（盖章）：{asked.school}", f"提供日期：{given[:10]}")),
        Grid((24, 61, 24, 61), tuple(rows)),
        *_family(asked, child),
        Text("本册只供村（居）委会关爱服务使用，不得转给他人；不再需要时退回学校。", 9, before=3),
        Spread(
            (
                f"批准人：{page.text(record, 'approved_by')}",
                "村（居）委会签收（盖章）：",
                "　　年　月　日",
            ),
            before=8,
        ),
        Text(f"制册日期：{chinese_date(asked.reader.today)}", 9),
    ]


def _family(asked: Asked, child: Any) -> list[Block]:
    """Who cares for the child and where the parents are, so that the village can help."""
    rows = [Row(tuple(map(label, ("关系", "姓名", "电话", "状况"))))]
    parents = looked(asked.reader, Parent, Parent.child == child.id)
    for parent in parents:
        names = ("relation", "name", "phone", "state")
        rows.append(Row(tuple(Cell(parents.text(parent, name), align="centre") for name in names)))
    today = asked.reader.today
    guardians = looked(
        asked.reader, Guardian, (Guardian.child == child.id) & holds_on(Guardian, today)
    )
    for guardian in guardians:
        texts = [guardians.text(guardian, name) for name in ("relation", "name", "phone")]
        rows.append(Row(tuple(Cell(text, align="centre") for text in (*texts, "监护人"))))
    return [Text("", 6), Grid((36, 44, 50, 40), tuple(rows), head=1)]


def _label(page: Page, name: str) -> str:
    return next((word for known, word in page.columns() if known == name), name)


def _chosen(page: Page, what: str) -> list[str]:
    """Return the fields whose labels the disclosure names, the usual ones when it names none."""
    known = [(name, word) for name, word in page.columns() if name not in NEVER]
    named = [name for name, word in known if word in what]
    return named if len(named) > 1 else [name for name in USUAL if name in dict(known)]
