"""Accounts as the clerk manages them, and masks that are lifted with a reason."""

from __future__ import annotations

import re

import pytest

from models.core import calendar, service
from models.core.actor import system
from models.core.audit import AccessLog
from models.core.boxes import ROLES
from models.core.bulk import Drafts
from models.core.database import database, writing
from models.core.errors import Denied, Invalid, NotFound, RecordsError
from models.core.gates import every_row, row
from models.core.register import find
from models.school import accounts, passwords, reveals
from models.school.accounts import Session, Unmask
from tests.world import NOON

NEWCOMER = {"name": "吴新", "username": "wuxin", "role": "教师"}
OTHERS = ["leadership", "alice", "counsellor", "inspector"]
ID_OF_A = "520624201205060"


def given_in(text):
    """The password on the page that shows it once."""
    return re.search(r"<dd[^>]*>([a-z2-9]{10})</dd>", text).group(1)


def new_account(client, world, **changed):
    data = {**NEWCOMER, "staff": world.staff_charlie, **changed}
    return client.post("/accounts/new", data=data)


def user_called(name):
    return accounts.find_user(name)


def looks(action):
    return [
        (one.who, one.register, one.record_id, one.detail)
        for one in AccessLog.select().where(AccessLog.action == action)
    ]


# ---- accounts ----------------------------------------------------------------------------------


def test_a_new_account_gets_a_password_that_works_once_and_must_be_changed(
    client_as, world, browser
):
    page = new_account(client_as("clerk"), world)
    assert page.status_code == 200
    signed_in = browser.post(
        "/sign-in", data={"username": "wuxin", "password": given_in(page.text)}
    )
    assert signed_in.status_code == 303
    assert browser.get("/account").location == "/account/password"


def test_a_given_password_is_in_one_answer_only(client_as, world):
    clerk = client_as("clerk")
    page = new_account(clerk, world)
    assert page.headers["Cache-Control"] == "no-store"
    given = given_in(page.text)
    assert given not in str(page.headers)
    user = user_called("wuxin")
    assert given not in clerk.get(f"/accounts/{user.id}").text
    assert given not in user.password_hash


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"username": ""}, "请填写登录名"),
        ({"username": "alice"}, "登录名相同"),
        ({"role": "校工"}, "不在可选项中"),
        ({"staff": ""}, "要对应一位教职工"),
        ({"staff": "99999"}, "没有找到这个对应教职工"),
        ({"role": "督查人员", "staff": ""}, "要有到期日期"),
        ({"role": "督查人员", "expires_on": "不知道"}, "日期"),
    ],
)
def test_a_wrong_account_is_told_at_its_field_and_not_made(client_as, world, changed, told):
    before = every_row(find("user")).count()
    answer = new_account(client_as("clerk"), world, **changed)
    assert answer.status_code == 422
    assert told in answer.text
    assert every_row(find("user")).count() == before


def test_an_inspectors_account_ends_on_its_date(client_as, world):
    page = new_account(
        client_as("clerk"), world, role="督查人员", staff="", expires_on="2025-12-30"
    )
    assert page.status_code == 200
    assert str(user_called("wuxin").expires_on) == "2025-12-30"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("address", ["/accounts", "/accounts/new", "/accounts/1", "/unmask"])
def test_nobody_but_the_clerk_opens_the_accounts(client_as, name, address):
    assert client_as(name).get(address).status_code == 403


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("step", ["password", "disabled", "sign-out"])
def test_nobody_but_the_clerk_touches_an_account(client_as, world, name, step):
    before = user_called("bob")
    user_id = world.bob.user_id
    answer = client_as(name).post(f"/accounts/{user_id}/{step}", data={"disabled": "1"})
    assert answer.status_code == 403
    after = user_called("bob")
    assert (after.password_hash, after.disabled) == (before.password_hash, before.disabled)


def test_a_reset_password_replaces_the_old_one_and_signs_out(client_as, world, browser):
    bob = client_as("bob")
    page = client_as("clerk").post(f"/accounts/{world.bob.user_id}/password")
    assert bob.get("/account").location.startswith("/sign-in")
    given = {"username": "bob", "password": given_in(page.text)}
    assert browser.post("/sign-in", data=given).status_code == 303


def test_a_shut_account_is_out_and_comes_back(client_as, world):
    clerk, bob = client_as("clerk"), client_as("bob")
    clerk.post(f"/accounts/{world.bob.user_id}/disabled", data={"disabled": "1"})
    assert bob.get("/account").status_code == 303
    assert "已停用" in clerk.get("/accounts").text
    clerk.post(f"/accounts/{world.bob.user_id}/disabled", data={"disabled": "0"})
    assert client_as("bob").get("/account").status_code == 200


def test_the_clerk_sees_and_ends_where_somebody_is_signed_in(client_as, world):
    clerk, _bob = client_as("clerk"), client_as("bob")
    assert "127.0.0.1" in clerk.get(f"/accounts/{world.bob.user_id}").text
    clerk.post(f"/accounts/{world.bob.user_id}/sign-out")
    living = Session.select().where(Session.ended_at.is_null(True))
    assert [session.user_id for session in living] == [world.clerk.user_id]


def test_the_last_clerk_cannot_be_shut_or_made_something_else(client_as, world):
    clerk = client_as("clerk")
    answer = clerk.post(f"/accounts/{world.clerk.user_id}/disabled", data={"disabled": "1"})
    assert "唯一能登录的文员" in clerk.get(answer.location).text
    user = user_called("clerk")
    with pytest.raises(Invalid):
        service.update(world.clerk, find("user"), user.id, {"role": "领导小组"}, user.version)
    assert clerk.get("/accounts").status_code == 200


def test_with_a_second_clerk_the_first_may_go(client_as, world):
    new_account(client_as("clerk"), world, role="文员（档案管理员）", staff="")
    user = user_called("clerk")
    changed = service.update(
        world.clerk,
        find("user"),
        user.id,
        {"disabled": True},
        user.version,
    )
    assert changed.disabled


@pytest.mark.parametrize(
    ("said", "goes"),
    [
        ({"disabled": True}, False),
        ({"expires_on": "2025-11-11"}, False),
        ({"expires_on": "2025-11-12"}, True),
        ({"role": "领导小组"}, False),
    ],
)
def test_a_second_clerk_who_cannot_sign_in_does_not_let_the_first_go(world, said, goes):
    users, actor = find("user"), system(NOON)
    raw = {"username": "wenyuan2", "name": "陈文员", "role": "文员（档案管理员）"}
    service.create(actor, users, raw | said)
    first = user_called("clerk")
    if goes:
        assert service.update(actor, users, first.id, {"disabled": True}, first.version).disabled
        return
    with pytest.raises(Invalid, match="唯一能登录的文员"):
        service.update(actor, users, first.id, {"disabled": True}, first.version)


@pytest.mark.parametrize("nonsense", ["abc", "0", "-1", "9223372036854775808", "²"])
def test_an_account_that_does_not_exist_is_not_found(client_as, nonsense):
    assert client_as("clerk").get(f"/accounts/{nonsense}").status_code == 404


def test_a_posted_hash_is_ignored(world):
    user = user_called("bob")
    raw = {"password_hash": "scrypt:planted", "must_change": False, "name": "李博"}
    service.update(world.clerk, find("user"), user.id, raw, user.version)
    assert user_called("bob").password_hash == user.password_hash


# ---- one masked value --------------------------------------------------------------------------


def asked(world, **changed):
    place = {"register": "child", "record": world.child_a, "field": "id_number"}
    return {**place, "reason": "核对学籍系统", **changed}


@pytest.mark.parametrize("name", ["clerk", "leadership"])
def test_the_office_reads_an_identity_number_with_a_reason_and_it_is_logged(client_as, world, name):
    answer = client_as(name).post("/reveal", json=asked(world))
    assert answer.json["value"].startswith(ID_OF_A)
    ((who, slug, record, detail),) = looks("reveal")
    assert (who, slug, record) == (world.actors[name].name, "child", world.child_a)
    assert "核对学籍系统" in detail
    assert ID_OF_A not in detail


def test_the_same_without_a_script(client_as, world):
    clerk = client_as("clerk")
    place = {k: v for k, v in asked(world).items() if k != "reason"}
    page = clerk.get("/reveal", query_string=place)
    assert ID_OF_A not in page.text
    assert "查看原因" in page.text
    assert ID_OF_A in clerk.post("/reveal", data=asked(world)).text


@pytest.mark.parametrize("reason", ["", "  ", "看"])
def test_without_a_reason_nothing_is_revealed(client_as, world, reason):
    clerk = client_as("clerk")
    for sent in ({"json": asked(world, reason=reason)}, {"data": asked(world, reason=reason)}):
        answer = clerk.post("/reveal", **sent)
        assert answer.status_code == 422
        assert ID_OF_A not in answer.text
        assert "请写明为什么要看" in answer.text or "请写明为什么要看" in str(answer.json)
    assert looks("reveal") == []


@pytest.mark.parametrize("name", ["alice", "counsellor", "inspector"])
def test_nobody_else_ever_reveals(client_as, world, name):
    browser = client_as(name)
    assert browser.post("/reveal", json=asked(world)).status_code == 403
    assert browser.get("/reveal", query_string=asked(world)).status_code == 403
    assert looks("reveal") == []


@pytest.mark.parametrize(
    "changed",
    [
        {"register": "nothing"},
        {"register": ""},
        {"record": "abc"},
        {"record": "99999"},
        {"field": "name"},
        {"field": "password_hash"},
        {"field": "version"},
        {"register": "user", "record": "1", "field": "password_hash"},
        {"register": "counselling", "record": "1", "field": "child"},
    ],
)
def test_only_a_masked_field_of_a_record_one_may_read_can_be_revealed(client_as, world, changed):
    assert client_as("clerk").post("/reveal", json=asked(world, **changed)).status_code == 404


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{", "1"])
def test_a_broken_question_is_no_stack_trace(client_as, world, body):
    answer = client_as("clerk").post("/reveal", data=body, content_type="application/json")
    assert answer.status_code in (400, 404)


# ---- a drawn child -----------------------------------------------------------------------------


def unmask(client, world, **changed):
    data = {"child": world.child_a, "inspector": world.inspector.user_id, "reason": "现场抽查"}
    return client.post("/unmask", data={**data, **changed})


def test_a_drawn_child_is_plain_for_one_inspector_for_two_hours(client_as, world, clock):
    assert unmask(client_as("clerk"), world).status_code == 303
    user_id = world.inspector.user_id
    assert accounts.unmasked_children(user_id, clock.now()) == {world.child_a}
    clock.advance(hours=2)
    assert accounts.unmasked_children(user_id, clock.now()) == frozenset()
    ((who, _slug, record, detail),) = looks("unmask")
    assert (who, record) == ("陈文员", world.child_a)
    assert "现场抽查" in detail


def test_the_inspector_reads_the_drawn_childs_name_and_no_other(client_as, world):
    inspector = client_as("inspector")
    before = inspector.get("/r/child/").text
    assert "张小雨" not in before
    unmask(client_as("clerk"), world)
    after = inspector.get("/r/child/").text
    assert "张小雨" in after
    assert "曾思源" not in after


def test_the_clerk_puts_the_masks_back_early(client_as, world, clock):
    clerk = client_as("clerk")
    unmask(clerk, world)
    shown = Unmask.get()
    assert "张小雨" in clerk.get("/unmask").text
    assert clerk.post(f"/unmask/{shown.id}/end").status_code == 303
    assert accounts.unmasked_children(world.inspector.user_id, clock.now()) == frozenset()
    assert clerk.post(f"/unmask/{shown.id}/end").status_code == 404


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"child": "abc"}, "没有找到这名学生"),
        ({"child": "9" * 30}, "没有找到这名学生"),
        ({"inspector": "1"}, "请选择一位督查人员"),
        ({"inspector": ""}, "请选择一位督查人员"),
        ({"reason": ""}, "请写明"),
    ],
)
def test_an_incomplete_drawing_is_told_and_shows_nothing(client_as, world, changed, told):
    answer = unmask(client_as("clerk"), world, **changed)
    assert answer.status_code == 422
    assert told in answer.text
    assert Unmask.select().count() == 0


def test_an_expired_inspector_is_not_shown_anything(world):
    user = row(system(NOON), find("user"), world.inspector.user_id)
    service.update(system(NOON), find("user"), user.id, {"expires_on": "2025-11-01"}, user.version)
    with pytest.raises(Invalid):
        reveals.unmask(world.clerk, world.child_a, user.id, "现场抽查")


@pytest.mark.parametrize("name", OTHERS)
def test_only_the_clerk_unmasks(world, name):
    with pytest.raises(Denied):
        reveals.unmask(world.actors[name], world.child_a, world.inspector.user_id, "现场抽查")
    with pytest.raises(Denied):
        reveals.mask_again(world.actors[name], 1)


def test_a_mask_that_was_never_lifted_cannot_be_put_back(world):
    with pytest.raises(NotFound):
        reveals.mask_again(world.clerk, 1)


# ---- the school's own row ----------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["user", "school"])
def test_accounts_and_the_school_are_never_deleted_by_hand(client_as, world, slug):
    record = every_row(find(slug)).get()
    with pytest.raises(Denied):
        service.delete(world.clerk, find(slug), record.id)
    assert client_as("clerk").get(f"/r/{slug}/{record.id}/delete").status_code == 403


def test_there_is_one_school(world):
    with pytest.raises(Invalid, match="只有一条"):
        service.create(world.clerk, find("school"), {"name": "另一所"})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"first_day": "2026-01-23"}, "有重叠"),
        ({"last_day": "2026-02-01"}, "结束日期要晚于"),
        ({"code": "春季"}, "学期编号"),
    ],
)
def test_a_semester_that_would_confuse_the_calendar_is_refused(world, changed, told):
    spring = row(world.clerk, find("semester"), world.spring)
    with pytest.raises(Invalid, match=told):
        service.update(world.clerk, find("semester"), spring.id, changed, spring.version)


def test_a_semester_brought_back_over_another_does_not_take_the_pages_down(client_as, world):
    clerk = world.clerk
    service.delete(clerk, find("semester"), world.spring)
    again = {"code": "2026-2027-1", "title": "新", "first_day": "2026-06-01"}
    service.create(clerk, find("semester"), {**again, "last_day": "2027-01-20"})
    with pytest.raises(Invalid, match="重叠"):
        service.restore(clerk, find("semester"), world.spring)
    # As a version that did not ask may have left it.
    model = find("semester").model
    with database.atomic(), writing():
        model.update(deleted_at=None).where(model.id == world.spring).execute()
    calendar.forget()
    assert client_as("clerk").get("/account").status_code == 200


USERS = find("user")


def imported_over(actor, changes):
    """Change accounts as a workbook does: {number: values}."""
    drafts = Drafts(actor)
    wanted = [(row(actor, USERS, number), raw) for number, raw in changes.items()]
    for made in drafts.changed(USERS, wanted):
        if isinstance(made, Exception):
            raise made
    with service.work(actor) as current:
        drafts.write(current)


def edited(actor, changes):
    for number, raw in changes.items():
        service.update(actor, USERS, number, raw, row(actor, USERS, number).version)


# What no clerk may do with accounts alone, by whichever way.
TOO_MUCH = {
    "a counsellor nobody approved": {"user_alice": {"role": "心理辅导教师"}},
    "no clerk left": {"user_clerk": {"role": "教师"}},
    "the only clerk disabled": {"user_clerk": {"disabled": "1"}},
    "the only clerk's account over": {"user_clerk": {"expires_on": "2025-11-01"}},
    "a teacher who is nobody": {"user_alice": {"staff": ""}},
    "an inspector for ever": {"user_inspector": {"expires_on": ""}},
    "a name that is taken": {"user_alice": {"username": "bob"}},
}


@pytest.mark.parametrize("write", [edited, imported_over])
@pytest.mark.parametrize("told", TOO_MUCH)
def test_what_an_account_may_not_become_it_becomes_by_no_way(world, told, write):
    changes = {world.ids[name]: raw for name, raw in TOO_MUCH[told].items()}
    before = [list(every_row(USERS).order_by(USERS.model.id).dicts())]
    with pytest.raises(RecordsError):
        write(world.clerk, changes)
    assert [list(every_row(USERS).order_by(USERS.model.id).dicts())] == before


@pytest.mark.parametrize("write", [edited, imported_over])
def test_of_two_clerks_one_may_go_and_not_both(world, write):
    second = world.user_leadership
    edited(world.clerk, {second: {"role": "文员（档案管理员）"}})
    both = {number: {"role": "教师"} for number in (second, world.user_clerk)}
    with pytest.raises(RecordsError), database.atomic():
        write(world.clerk, both)
    assert row(world.clerk, USERS, world.user_clerk).role_code == "clerk"
    write(world.clerk, {second: {"role": "教师"}})
    assert row(world.clerk, USERS, second).role_code == "teacher"


# ---- the list of accounts -----------------------------------------------------------------------


def names_in(page):
    return re.findall(r'data-card="1"><a [^>]*>([^<]+)</a>', page)


def test_the_accounts_are_counted_narrowed_and_searched(client_as, world):
    clerk = client_as("clerk")
    page = clerk.get("/accounts").text
    groups = dict(re.findall(r'<a class="chip[^"]*" href="[^"]*"[^>]*>([^<]+?) (\d+)</a>', page))
    everybody = names_in(page)
    assert f"账号 {len(everybody)} 个" in page
    assert int(groups["教师"]) == len(names_in(clerk.get("/accounts?as=教师").text)) == 3
    assert names_in(clerk.get("/accounts?q=wal").text) == ["王爱丽"]
    assert names_in(clerk.get("/accounts?q=王爱丽&as=教师").text) == ["王爱丽"]
    assert names_in(clerk.get("/accounts?q=王爱丽&as=文员").text) == []
    assert "没有" in clerk.get("/accounts?q=nobody").text
    assert names_in(clerk.get("/accounts?as=nonsense").text) == everybody


def test_what_waits_for_somebody_is_a_group_of_its_own_until_it_is_seen_to(client_as, world):
    clerk = client_as("clerk")
    made, _given = passwords.create_account(
        world.clerk,
        {"username": "new", "name": "新来的", "role": ROLES["teacher"], "staff": world.staff_bob},
    )
    page = clerk.get("/accounts?as=要处理").text
    assert "个要处理" in page
    assert "新来的" in names_in(page)
    clerk.post(f"/accounts/{made.id}/disabled", data={"disabled": "1"})
    page = clerk.get("/accounts?as=停用、到期").text
    assert names_in(page) == ["新来的"]
