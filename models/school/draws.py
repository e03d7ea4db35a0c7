"""抽查: drawing one child by lot, so that anybody can work out again that the lot was fair.

Commit, then reveal. A draw begins by fixing the list of children, the audit chain's head and a
secret number, of which only the SHA-256 is shown; then the person who draws names a number of the
own choosing. Who names the number does not know the secret, and the secret can no longer be
changed: nobody chooses the child. Every step stands in the audit chain; a draw that was begun and
not ended, or a second one on the same day, stays to be seen.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from peewee import AutoField, CharField, DateTimeField, IntegerField, TextField

from models.core import audit, service
from models.core.actor import Actor
from models.core.boxes import CLERK, INSPECTOR, LEADERSHIP
from models.core.database import Base
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.children import Child

DRAWERS = (INSPECTOR, CLERK, LEADERSHIP)
MOST_DIGITS = 12
# Hexadecimal digits of the digest that are divided: few enough for a pocket calculator.
DIVIDED = 8


class Draw(Base):
    """One draw: what was fixed before the number was named, and what came of it."""

    id = AutoField()
    begun_at = DateTimeField(index=True)
    user_id = IntegerField(null=True)
    who = CharField()
    role = CharField()
    listed = IntegerField()
    list_text = TextField()
    list_digest = CharField(max_length=64)
    entries = IntegerField()
    head = CharField(max_length=64)
    secret = CharField(max_length=64)
    commitment = CharField(max_length=64)
    number = CharField(max_length=MOST_DIGITS, null=True)
    digest = CharField(max_length=64, null=True)
    place = IntegerField(null=True)
    child_id = IntegerField(null=True)
    drawn_at = DateTimeField(null=True)

    class Meta:
        table_name = "draw"

    @property
    def children(self) -> list[int]:
        """The numbers of the children's files in the drawing list, in its order."""
        return [int(number) for number in self.list_text.split(",")]

    @property
    def seed(self) -> str:
        """The text the lot is worked out from; known to nobody before the number is named."""
        day, number = self.begun_at.date(), str(self.number)
        return seed_text(day, self.entries, self.head, self.list_digest, self.secret, number)


class Lot(NamedTuple):
    """A lot worked out: the digest of the seed, its first digits as a number, place from 1."""

    digest: str
    value: int
    place: int


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def seed_text(
    day: date, entries: int, head: str, list_digest: str, secret: str, number: str
) -> str:
    """Return the seed: date, audit chain's length and head, list, secret and number."""
    return "|".join((day.isoformat(), str(entries), head, list_digest, secret, number))


def lot(seed: str, listed: int) -> Lot:
    """Return the lot of a seed among `listed` children: remainder of the first digits, plus one."""
    digest = sha256(seed)
    value = int(digest[:DIVIDED], 16)
    return Lot(digest, value, value % listed + 1)


def drawing_list(day: date) -> list[int]:
    """Return the children in the home's care on the day, in the order their files were opened."""
    query = every_row(register_of(Child)).where(holds_on(Child, day))
    return [child for (child,) in query.select(Child.id).order_by(Child.id).tuples()]


def list_text(children: Sequence[int]) -> str:
    """Return a drawing list as the text its digest is made of."""
    return ",".join(map(str, children))


def begin(actor: Actor) -> Any:
    """Fix the list, the chain's head and a secret, and return the draw that waits for its number.

    Raises Denied, or Invalid while no child is in the list.
    """
    _demand(actor)
    children = drawing_list(actor.today)
    if not children:
        raise Invalid({"": "还没有在册的留守儿童，没有可以抽查的名单"})
    text, secret = list_text(children), secrets.token_hex(16)
    with service.work(actor) as current:
        entries, head = audit.head()
        draw = Draw.create(
            begun_at=actor.now,
            user_id=actor.user_id,
            who=actor.name,
            role=actor.role,
            listed=len(children),
            list_text=text,
            list_digest=sha256(text),
            entries=entries,
            head=head,
            secret=secret,
            commitment=sha256(secret),
        )
        told = {"listed": draw.listed, "list": draw.list_digest, "commitment": draw.commitment}
        current.pending.append(audit.Pending("create", "draw", draw.id, 1, told))
    return draw


def finish(actor: Actor, draw_id: Any, number: str) -> Any:
    """Draw with the number named and return the draw; once, and only by who began it.

    Raises Denied, NotFound, or Invalid with a message for `number`.
    """
    draw = fetch(actor, draw_id)
    if draw.user_id != actor.user_id:
        raise Denied("这次抽查要由开始的人报数字，需要时请自己重新开始一次")
    said = number.strip()
    if not (said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS):
        raise Invalid({"number": f"请输入 1 到 {MOST_DIGITS} 位数字，随意想一个"})
    if draw.child_id is not None:
        raise Invalid({"number": "这次已经抽过了，结果不再改变；要再抽请重新开始"})
    draw.number = said
    found = lot(draw.seed, draw.listed)
    child = draw.children[found.place - 1]
    with service.work(actor) as current:
        # Of two answers sent at once one only is the draw's.
        waiting = Draw.update(
            number=said,
            digest=found.digest,
            place=found.place,
            child_id=child,
            drawn_at=actor.now,
        ).where(Draw.id == draw.id, Draw.child_id.is_null(True))
        if not waiting.execute():
            raise Invalid({"number": "这次已经抽过了，结果不再改变；要再抽请重新开始"})
        told = {"seed": draw.seed, "digest": found.digest, "place": found.place, "child": child}
        current.pending.append(audit.Pending("update", "draw", draw.id, 2, told))
        place = f"抽查第 {found.place} 名，共 {draw.listed} 名"
        audit.log_access(actor, "draw", "child", child, place)
    return Draw.get_by_id(draw.id)


def fetch(actor: Actor, draw_id: Any) -> Any:
    """Return a draw; Denied for teachers, NotFound when there is none."""
    _demand(actor)
    found = Draw.get_or_none(Draw.id == draw_id)
    if found is None:
        raise NotFound("没有找到这次抽查")
    return found


def draws(actor: Actor, most: int = 100) -> list[Any]:
    """Return the draws, the newest first, those begun and not ended among them."""
    _demand(actor)
    return list(Draw.select().order_by(Draw.id.desc()).limit(most))


def of_the_day(draw: Any) -> tuple[int, int]:
    """Return which draw of its day it is, and how many the day has; a redraw is not hidden."""
    day: datetime = datetime.combine(draw.begun_at.date(), time.min)
    same = Draw.select().where(Draw.begun_at >= day, Draw.begun_at < day + timedelta(days=1))
    return same.where(Draw.id <= draw.id).count(), same.count()


def _demand(actor: Actor) -> None:
    if actor.role not in DRAWERS:
        raise Denied("抽查由督查人员、文员和领导小组进行")
