"""Whose approval counts: the ring of accounts, tried as a clerk who would be his own leader."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from admin.commands import rescue as command
from compliance.told.inbox import inbox
from models.core import service
from models.core.actor import SYSTEM
from models.core.audit import AuditEntry
from models.core.boxes import ROLES
from models.core.bulk import Drafts
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, row
from models.core.register import find, register_of
from models.kept.archive import NOTICE_ROLES, Notice
from models.kept.bundles import Bundle, Disclosure
from models.kept.users import User
from models.school import accounts, bundles, passwords, rescue, semester_close
from models.sealed import decisions, leaders, messages, requests
from models.sealed.leaders import ALONE, Paper
from tests.world import NOON, PASSWORD

USERS = register_of(User)
LEADER = ROLES["leadership"]
PAPER = Paper("吴主任（县教育局）", "aa/bb/paper.jpg", "c" * 64)


def user_of(number):
    return row(SYSTEM, USERS, number)


def actor_of(user, now=NOON):
    return accounts.actor_of(user, now, "10.0.0.9")


def told(actor):
    return [one.text for one in messages.notices_of(actor)]


def deputy_of(world):
    """A second leader: made by the clerk, confirmed by the first one."""
    raw = {"username": "fu", "name": "李副校长", "role": LEADER, "staff": world.staff_bob}
    user, _password = passwords.create_account(world.clerk, raw)
    leaders.confirm(world.leadership, user.id)
    return user_of(user.id)


@pytest.fixture
def second(world):
    return deputy_of(world)


# ---- what the clerk makes empowers nobody

WAYS = {
    "account page": lambda world: (
        passwords.create_account(
            world.clerk,
            {"username": "made", "name": "新领导", "role": LEADER, "staff": world.staff_bob},
        )[0].id
    ),
    "form": lambda world: (
        service.create(
            world.clerk,
            USERS,
            {
                "username": "made",
                "name": "新领导",
                "role": LEADER,
                "staff": world.staff_bob,
                "confirmed_at": NOON,
                "confirmed_by": "自己",
            },
        ).id
    ),
    "import": lambda world: imported(world),
    "another role": lambda world: (
        service.update(
            world.clerk,
            USERS,
            world.user_bob,
            {"role": LEADER, "confirmed_at": NOON},
            user_of(world.user_bob).version,
        ).id
    ),
}


def imported(world):
    drafts = Drafts(world.clerk)
    raw = {"username": "made", "name": "新领导", "role": LEADER, "staff": world.staff_bob}
    (draft,) = drafts.new(USERS, [raw])
    with service.work(world.clerk) as current:
        drafts.write(current)
    return drafts.number_of(draft)


@pytest.mark.parametrize("way", WAYS)
def test_a_leader_whom_the_clerk_made_decides_nothing_and_all_leaders_are_told(way, world):
    made = actor_of(user_of(WAYS[way](world)))
    assert user_of(made.user_id).confirmed_at is None
    assert any(made.name in text and "确认以前不能" in text for text in told(world.leadership))
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    autumn = row(SYSTEM, find("semester"), world.autumn)
    asked = bundles.ask_full(world.clerk, autumn, "迎检", "教育局")
    later = replace(made, now=NOON.replace(year=2026))
    steps = (
        lambda: decisions.approve(made, request.id),
        lambda: decisions.refuse(made, request.id),
        lambda: semester_close.close(later, autumn.id, "已审核", semester_close.Numbers(0, 0)),
        lambda: bundles.decide_full(made, asked.id, approve=True),
        lambda: leaders.confirm(made, made.user_id),
    )
    for step in steps:
        with pytest.raises(Denied):
            step()
    assert row(SYSTEM, find("semester"), autumn.id).closed_on is None


def test_an_unconfirmed_leader_gets_no_further_than_the_page_that_says_so(client_as, world):
    client = client_as("leadership")
    assert client.get("/leaders").status_code == 200
    with service.work(SYSTEM) as current:
        user = user_of(world.user_leadership)
        service.update(
            replace(SYSTEM, now=NOON),
            USERS,
            user.id,
            {"name": "改名"},
            user.version,
            current=current,
        )
    for address in ("/", "/leaders", "/sealed-office/", "/semesters/", "/r/talk/", "/account"):
        answer = client.get(address)
        assert (answer.status_code, answer.location) == (303, "/leaders/waiting"), address
    assert "python app.py rescue leadership" in client.get("/leaders/waiting").text
    assert client.post(f"/leaders/{user.id}/confirm").location == "/leaders/waiting"


# ---- what takes the confirmation away

STEPS = {
    "reset password": lambda world, user: passwords.reset_password(world.clerk, user.id),
    "rename": lambda world, user: edited(world, user, {"name": "陈文员"}),
    "another sign-in name": lambda world, user: edited(world, user, {"username": "boss"}),
    "hand over": lambda world, user: edited(world, user, {"staff": world.staff_clerk}),
    "no staff": lambda world, user: edited(world, user, {"staff": ""}),
    "longer": lambda world, user: edited(world, user, {"expires_on": "2030-01-01"}),
    "re-enable": lambda world, user: (
        passwords.set_disabled(world.clerk, user.id, True),
        passwords.set_disabled(world.clerk, user.id, False),
    ),
    "away and back": lambda world, user: (
        edited(world, user, {"role": ROLES["teacher"]}),
        edited(world, user, {"role": LEADER}),
    ),
    "renamed and back": lambda world, user: (
        edited(world, user, {"name": "某人"}),
        edited(world, user, {"name": "李副校长"}),
    ),
}


def edited(world, user, raw):
    stored = user_of(user.id)
    return service.update(world.clerk, USERS, user.id, raw, stored.version)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_that_may_put_another_person_behind_the_account_ends_its_power(
    step, world, second
):
    before = len(told(world.leadership))
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    STEPS[step](world, second)
    assert user_of(second.id).confirmed_at is None
    with pytest.raises(Denied):
        decisions.approve(actor_of(user_of(second.id)), request.id)
    assert len(told(world.leadership)) > before + 1
    assert any("李副校长" in one or "陈文员" in one for one in leaders.recent_steps(NOON))


def test_the_own_new_password_keeps_the_confirmation_and_concerns_nobody(world, second):
    before = told(world.leadership)
    passwords.set_own_password(actor_of(second), second, "一个更好的口令 2025", 0)
    assert user_of(second.id).confirmed_at is not None
    assert told(world.leadership) == before


def test_a_leader_confirms_another_person_only(world, second):
    raw = {"username": "third", "name": "第三位", "role": LEADER}
    made, _password = passwords.create_account(world.clerk, raw)
    with pytest.raises(Invalid, match="教职工"):
        leaders.confirm(world.leadership, made.id)
    edited(world, made, {"staff": world.staff_leadership})
    with pytest.raises(Denied, match="自己"):
        leaders.confirm(world.leadership, made.id)
    for name in ("clerk", "alice", "inspector", "counsellor"):
        with pytest.raises(Denied):
            leaders.confirm(world.actors[name], made.id)
    for number in (world.user_alice, 99999, "x"):
        with pytest.raises(NotFound):
            leaders.confirm(world.leadership, number)
    leaders.confirm(actor_of(second), made.id)
    assert user_of(made.id).confirmed_by == "李副校长"


# ---- approval asks for the password


def test_an_approval_asks_for_the_approvers_password(client_as, world):
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    client, address = client_as("leadership"), f"/sealed-office/request/{request.id}"
    for given in ({}, {"old": "falsch"}):
        assert client.post(address, data={"decision": "approve", **given}).status_code == 422
    assert user_of(world.user_alice).role == ROLES["teacher"]
    page = client.get("/sealed-office/").text
    assert 'name="old"' in page
    assert client.post(address, data={"decision": "approve", "old": PASSWORD}).status_code == 303
    assert user_of(world.user_alice).role == ROLES["counsellor"]


def test_confirming_an_account_asks_for_the_password(client_as, world):
    raw = {"username": "fu", "name": "李副校长", "role": LEADER, "staff": world.staff_bob}
    user, _password = passwords.create_account(world.clerk, raw)
    client = client_as("leadership")
    assert client.post(f"/leaders/{user.id}/confirm", data={"old": "falsch"}).status_code == 422
    assert client.post(f"/leaders/{user.id}/confirm", data={"old": PASSWORD}).status_code == 303
    assert user_of(user.id).confirmed_by == "周校长"


# ---- a school with one leader


def test_the_only_leader_waits_a_day_brings_a_paper_and_is_marked_everywhere(world):
    boss = world.leadership
    with pytest.raises(Invalid, match="校外批准人"):
        decisions.ask_role(boss, world.alice.user_id)
    request = decisions.ask_role(boss, world.alice.user_id, PAPER)
    assert request.alone
    assert ALONE in request.title
    assert any("吴主任" in text and ALONE in text for text in told(world.counsellor))
    for hours in (0, 23):
        with pytest.raises(Denied, match="24 小时"):
            decisions.approve(replace(boss, now=NOON + timedelta(hours=hours)), request.id)
    decisions.approve(replace(boss, now=NOON + timedelta(hours=24)), request.id)
    assert user_of(world.user_alice).role == ROLES["counsellor"]
    assert requests.granted_alone([world.user_alice]) == {world.user_alice}
    # The newest approval speaks, whichever came before.
    kept = requests.SealedRequest.get_by_id(request.id).__data__
    again = requests.SealedRequest.create(**kept | {"id": None, "alone": False})
    assert requests.granted_alone([world.user_alice]) == set()
    again.delete_instance()
    assert any(ALONE in text and "批准" in text for text in told(world.counsellor))
    entry = (
        AuditEntry.select()
        .where(AuditEntry.register == "sealed-request")
        .order_by(AuditEntry.id.desc())
    )
    assert ALONE in entry.first().payload
    assert "c" * 64 in entry.first().payload


def test_with_a_second_leader_the_own_request_is_the_others_to_decide(world, second):
    request = decisions.ask_role(world.leadership, world.alice.user_id)
    assert not request.alone
    with pytest.raises(Denied, match="另一位"):
        decisions.approve(replace(world.leadership, now=NOON + timedelta(days=2)), request.id)
    decisions.approve(actor_of(second), request.id)
    assert user_of(world.user_alice).role == ROLES["counsellor"]


def test_a_leader_who_joins_meanwhile_decides_what_the_only_one_asked(world):
    request = decisions.ask_role(world.leadership, world.alice.user_id, PAPER)
    raw = {"username": "fu", "name": "李副校长", "role": LEADER, "staff": world.staff_bob}
    user, _password = passwords.create_account(world.clerk, raw)
    leaders.confirm(world.leadership, user.id)
    with pytest.raises(Denied, match="那一位"):
        decisions.approve(replace(world.leadership, now=NOON + timedelta(days=2)), request.id)


def test_clerk_and_leader_in_one_person_are_no_two_persons(world, second):
    edited(world, user_of(world.user_clerk), {"staff": world.staff_leadership})
    clerk = actor_of(user_of(world.user_clerk))
    request = decisions.ask_role(clerk, world.alice.user_id)
    with pytest.raises(Denied, match="自己"):
        decisions.approve(world.leadership, request.id)


def picture():
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 200, 200)).save(file, "PNG")
    return file.getvalue()


def test_the_paper_is_sent_with_the_request_and_shown_to_the_office(client_as, world):
    client = client_as("leadership")
    page = client.get("/sealed-office/").text
    assert "唯一的领导小组成员" in page
    raw = {"user": world.user_alice, "outside": "吴主任", "unit": "县教育局"}
    assert client.post("/sealed-office/role", data=raw).status_code == 422
    scan = (io.BytesIO(picture()), "签字.png")
    sent = client.post("/sealed-office/role", data=raw | {"scan": scan})
    assert sent.status_code == 303
    request = requests.SealedRequest.select().order_by(requests.SealedRequest.id.desc()).first()
    assert request.outside == "吴主任（县教育局）"
    shown = client.get("/sealed-office/").text
    assert ALONE in shown
    assert 'value="approve"' not in shown
    with client.get(f"/sealed-office/request/{request.id}/scan") as scan:
        assert (scan.status_code, scan.mimetype) == (200, "image/png")
    assert client_as("alice").get(f"/sealed-office/request/{request.id}/scan").status_code == 403


def edition_asked(world, by, paper=None):
    autumn = row(SYSTEM, find("semester"), world.autumn)
    return bundles.ask_full(by, autumn, "迎检", "教育局", paper)


def test_who_asked_counts_after_the_account_went_to_somebody_else(world):
    edited(world, user_of(world.user_clerk), {"staff": world.staff_leadership})
    deputy_of(world)
    asked = edition_asked(world, actor_of(user_of(world.user_clerk)))
    edited(world, user_of(world.user_clerk), {"staff": world.staff_alice})
    with pytest.raises(Denied, match="自己"):
        bundles.decide_full(world.leadership, asked.id, approve=True)
    assert "完整版资料包" not in {one.kind for one in inbox(world.leadership)}


@pytest.mark.parametrize("hat", ["leadership", "clerk"])
def test_the_only_leaders_full_edition_waits_with_a_paper_and_is_marked(hat, world):
    edited(world, user_of(world.user_clerk), {"staff": world.staff_leadership})
    boss = world.leadership
    asker = {"leadership": boss, "clerk": actor_of(user_of(world.user_clerk))}[hat]
    with pytest.raises(Invalid, match="校外批准人"):
        edition_asked(world, asker)
    asked = edition_asked(world, asker, PAPER)
    assert any("吴主任" in text and ALONE in text for text in told(world.counsellor))
    almost = replace(boss, now=NOON + timedelta(hours=24, seconds=-1))
    for approve in (True, False):
        with pytest.raises(Denied, match="24 小时"):
            bundles.decide_full(almost, asked.id, approve=approve)
    assert not inbox(almost)
    day_later = replace(boss, now=NOON + timedelta(hours=24))
    assert [one.kind for one in inbox(day_later)] == ["完整版资料包"]
    decided = bundles.decide_full(day_later, asked.id, approve=True)
    assert bundles.decider_of(decided) == f"周校长（{ALONE}）"
    log = every_row(register_of(Disclosure)).where(Disclosure.bundle == asked.id).first()
    assert (log.approved_by, log.outside) == (f"周校长（{ALONE}）", PAPER.outside)
    assert any(ALONE in text and "批准了" in text for text in told(world.counsellor))


def test_the_clerks_full_edition_needs_no_paper_where_clerk_and_leader_are_two(world):
    asked = edition_asked(world, world.clerk, PAPER)
    assert (asked.alone, asked.outside) == (False, None)
    decided = bundles.decide_full(world.leadership, asked.id, approve=True)
    assert bundles.decider_of(decided) == "周校长"


def test_an_account_with_nobody_behind_it_asks_for_nothing(client_as, world):
    nobody = replace(world.clerk, staff_id=None)
    with pytest.raises(Invalid, match="没有对应教职工"):
        edition_asked(world, nobody)
    with pytest.raises(Invalid, match="没有对应教职工"):
        decisions.ask_role(nobody, world.alice.user_id)
    client = client_as("clerk")
    edited(world, user_of(world.user_clerk), {"staff": None})
    raw = {"purpose": "移交", "reason": "移交", "recipient": "村委会"}
    answer = client.post("/bundles/ask-full", data=raw)
    assert answer.status_code == 422
    assert "没有对应教职工" in answer.text


def test_a_leader_who_joined_meanwhile_decides_the_full_edition(world):
    asked = edition_asked(world, world.leadership, PAPER)
    second = actor_of(deputy_of(world))
    with pytest.raises(Denied, match="那一位"):
        bundles.decide_full(
            replace(world.leadership, now=NOON + timedelta(days=2)), asked.id, approve=True
        )
    bundles.decide_full(replace(second, now=NOON + timedelta(days=2)), asked.id, approve=True)


def test_the_bundle_page_takes_the_paper_and_shows_it_to_the_office_alone(client_as, world):
    client = client_as("leadership")
    assert "唯一的领导小组成员" in client.get("/bundles/").text
    raw = {"purpose": "迎检", "recipient": "教育局", "outside": "吴主任", "unit": "县教育局"}
    refused = client.post("/bundles/ask-full", data=raw)
    assert refused.status_code == 422
    assert 'value="县教育局"' in refused.text
    for content in (b"<html>", picture()):
        file = (io.BytesIO(content), "签字.png")
        sent = client.post("/bundles/ask-full", data=raw | {"scan": file})
        assert sent.status_code == (302 if content == picture() else 422)
    shown = client.get("/bundles/").text
    assert ALONE in shown
    assert "批准并生成" not in shown
    bundle = every_row(register_of(Bundle)).order_by(Bundle.id.desc()).first()
    address = f"/bundles/{bundle.id}/scan"
    with client.get(address) as scan:
        assert (scan.status_code, scan.mimetype) == (200, "image/png")
    assert client_as("alice").get(address).status_code == 403
    assert client_as("inspector").get(address).status_code in (403, 404)


@pytest.mark.parametrize("kind", [requests.RECOVERY, requests.LOST, requests.TAKEOVER])
def test_a_counsellor_who_is_the_only_leader_has_a_road_too(kind, world):
    edited(world, user_of(world.user_counsellor), {"staff": world.staff_leadership})
    counsellor = actor_of(user_of(world.user_counsellor))
    with pytest.raises(Invalid, match="校外批准人"):
        requests.ask(counsellor, kind, subject="甲")
    request = requests.ask(counsellor, kind, subject="甲", paper=PAPER)
    later = replace(world.leadership, now=NOON + timedelta(hours=24))
    with pytest.raises(Denied, match="24 小时"):
        requests.open_request(replace(later, now=later.now - timedelta(seconds=1)), request.id)
    assert requests.open_request(later, request.id).alone


# ---- the way back in


def test_the_host_opens_the_only_clerks_account_and_everybody_hears_of_it(world, browser):
    client, made = browser, rescue.begin(NOON, "clerk")
    page = {"username": "clerk", "code": made.code, "password": "新的口令 2025", "again": "不同"}
    assert client.post("/rescue", data=page).status_code == 422
    page["again"] = page["password"]
    assert client.post("/rescue", data=page).status_code == 303
    assert accounts.sign_in("clerk", "新的口令 2025", NOON, "10.0.0.9").user.id == world.user_clerk
    roles = {
        one.recipient_role
        for one in every_row(register_of(Notice)).where(Notice.title == "账号用主机口令重设")
    }
    assert roles == set(NOTICE_ROLES)
    entry = AuditEntry.select().where(
        AuditEntry.register == "user", AuditEntry.record_id == world.user_clerk
    )
    assert any("主机口令" in one.origin for one in entry)
    # Good for one time.
    assert client.post("/rescue", data=page).status_code == 422


def test_a_colleague_who_can_help_comes_before_the_host(world, second):
    with pytest.raises(Denied, match="李副校长"):
        rescue.begin(NOON, "leadership")
    with pytest.raises(Denied):
        rescue.begin(NOON, "alice")
    with pytest.raises(NotFound):
        rescue.begin(NOON, "nobody at all")


def test_a_code_is_good_for_a_quarter_of_an_hour_five_tries_and_one_account(world):
    made = rescue.begin(NOON, "clerk")
    good = ("clerk", made.code, "新的口令 2025")
    for username, code, when in (
        ("leadership", made.code, NOON),
        ("clerk", made.code, NOON + timedelta(minutes=16)),
        ("clerk", "0000-0000", NOON),
        ("clerk", "", NOON),
    ):
        with pytest.raises(Invalid):
            rescue.finish(when, "10.0.0.9", username, code, "新的口令 2025")
    for _ in range(5):
        with pytest.raises(Invalid):
            rescue.finish(NOON, "10.0.0.9", "clerk", "1", "新的口令 2025")
    with pytest.raises(Invalid):
        rescue.finish(NOON, "10.0.0.9", *good)
    with pytest.raises(Invalid):
        rescue.finish(NOON, "10.0.0.9", "clerk", rescue.begin(NOON, "clerk").code, "123")


def test_a_change_of_principal_passes_from_one_leader_to_the_next(world):
    """The old one confirms the new one and goes; what he left does not come back."""
    raw = {"username": "new", "name": "新校长", "role": LEADER, "staff": world.staff_bob}
    user, _password = passwords.create_account(world.clerk, raw)
    leaders.confirm(world.leadership, user.id)
    passwords.set_disabled(world.clerk, world.user_leadership, True)
    boss = actor_of(user_of(user.id))
    assert leaders.is_alone(boss)
    assert any("停用" in text for text in told(boss))
    passwords.set_disabled(world.clerk, world.user_leadership, False)
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    with pytest.raises(Denied):
        decisions.approve(world.leadership, request.id)
    decisions.approve(boss, request.id)


def test_a_principal_whose_forerunner_is_gone_is_made_sure_of_on_the_host(world):
    raw = {"username": "new", "name": "新校长", "role": LEADER, "staff": world.staff_bob}
    user, _password = passwords.create_account(world.clerk, raw)
    with pytest.raises(Denied, match="周校长"):
        rescue.begin(NOON, "new")
    passwords.set_disabled(world.clerk, world.user_leadership, True)
    code = rescue.begin(NOON, "new").code
    rescue.finish(NOON, "127.0.0.1", "new", code, "新的口令 2025")
    boss = user_of(user.id)
    assert (boss.confirmed_by, boss.must_change) == (rescue.CONSOLE, False)
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    decisions.approve(actor_of(boss), request.id)
    assert any("新校长" in text for text in told(world.counsellor))


def test_the_command_shows_the_code_on_the_host(world, app, monkeypatch, capsys, data_dir):
    monkeypatch.setattr(command.settings, "from_environment", lambda: Said(data_dir))
    monkeypatch.setattr(command.settings, "opened", lambda _said: nothing())
    arguments = type("Arguments", (), {"username": "clerk"})
    assert command.run(arguments) == 0
    assert "一次性口令" in capsys.readouterr().out


class Said:
    def __init__(self, data_dir):
        self.data_dir = data_dir


def nothing():
    from contextlib import nullcontext

    return nullcontext()


def test_no_door_of_an_account_takes_a_confirmation_that_is_typed(world, second):
    for raw in ({"confirmed_at": "2025-11-12 08:00"}, {"confirmed_by": "周校长"}):
        passwords.reset_password(world.clerk, second.id)
        stored = user_of(second.id)
        service.update(world.clerk, USERS, second.id, raw, stored.version)
        assert user_of(second.id).confirmed_at is None
