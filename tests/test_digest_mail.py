"""The daily mail: once a day per person, numbers and a link, and the clerk hears of what stayed."""

from __future__ import annotations

import email
import socketserver
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import policy

import pytest

from admin.frame.context import Runtime
from admin.frame.settings import BadSettings, smtp_server
from admin.work import mail_work, worker
from compliance.told.digest import digest
from models.core import jobs, service
from models.core.gates import every_row, row
from models.core.register import find
from models.school import connect, digest_mail, notices
from tests.serving import free_port
from tests.test_boards import text_of
from tests.test_notices import incident, send
from tests.world import CHILDREN, NOON, StandingClock

USERS, NOTICE = find("user"), find("notice")


class PostOffice(socketserver.StreamRequestHandler):
    """A mail server that knows the few words a sender says."""

    def handle(self):
        self.server.visits += 1
        self.answer("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.partition(" ")[0].upper()
            if word == "DATA":
                self.answer("354 go on")
                self.server.mails.append(self.mail())
                self.answer("250 taken")
            elif word == "RCPT" and self.server.refused in line:
                self.answer("550 unknown")
            elif word == "RCPT" and self.server.hangs_up_at in line:
                return
            elif word == "QUIT":
                self.answer("221 bye")
                return
            else:
                self.answer("250 ok")

    def mail(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return email.message_from_bytes(b"".join(lines), policy=policy.default)

    def answer(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def post_office():
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = allow_reuse_address = True
        mails: list = []
        visits = 0
        refused = hangs_up_at = "nobody at all"

    Server.mails = []
    with Server(("127.0.0.1", 0), PostOffice) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture
def office(monkeypatch):
    with post_office() as server:
        monkeypatch.setenv("SCHOOL_SMTP", f"smtp://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("SCHOOL_SMTP_FROM", "home@school.example")
        yield server


def address(world, name, mail=None):
    digest_mail.set_own_address(world.actors[name], mail or f"{name}@school.example")


def day(data_dir, moment=NOON):
    clock = StandingClock()
    clock.moment = moment
    mail_work.ask_daily(moment)
    worker.run_waiting(data_dir, clock)
    return jobs.newest(mail_work.KIND)


def receivers(office):
    return sorted(one["To"].partition("@")[0] for one in office.mails)


def test_each_person_with_an_address_gets_the_numbers_and_a_link(world, office, data_dir):
    for name in ("clerk", "alice", "inspector"):
        address(world, name)
    incident(world)
    send(world, recipient_role="教师")
    connect.note_printed(world.clerk, "http://192.168.1.9:8000/sign-in")
    job = day(data_dir)
    assert (job.state, job.found) == (jobs.DONE, {"sent": 2, "failed": 0})
    assert receivers(office) == ["alice", "clerk"]
    (mail,) = [one for one in office.mails if one["To"].startswith("alice")]
    said = mail.get_content()
    for one in digest(world.alice):
        assert f"{one.title}：{one.number} {one.unit}" in said
    assert "没有看的通知：1 条" in said
    assert "http://192.168.1.9:8000/notices" in said
    assert mail["From"] == "home@school.example"


def test_no_mail_names_a_child(world, office, data_dir):
    for name in ("clerk", "leadership", "alice", "bob", "charlie", "counsellor"):
        address(world, name)
    incident(world, account="张小雨摔了一跤", place="张小雨家门口")
    send(world, "张小雨的事", recipient_role="教师")
    day(data_dir)
    assert office.mails
    for mail in office.mails:
        text = mail["Subject"] + mail.get_content()
        assert not [child[1] for child in CHILDREN if child[1] in text or child[1][-2:] in text]
        assert "明天开会" not in text


def test_nobody_gets_two_on_one_day_and_one_on_the_next(world, office, data_dir):
    address(world, "alice")
    day(data_dir)
    jobs.Job.delete().where(jobs.Job.kind == mail_work.KIND).execute()
    day(data_dir, NOON + timedelta(hours=3))
    assert len(office.mails) == 1
    day(data_dir, NOON + timedelta(days=1))
    assert len(office.mails) == 2


def test_a_mail_whose_worker_died_while_it_left_is_not_sent_again(world, office, data_dir):
    address(world, "alice")
    digest_mail.make([(world.alice.user_id, ["本周到期：1 项"])], NOON)
    (mail,) = digest_mail.of_day(NOON.date())
    digest_mail.mark(mail, digest_mail.SENDING, NOON)
    job = day(data_dir)
    assert (office.mails, job.found) == ([], {"sent": 0, "failed": 1})
    assert "发到一半时后台程序断了" in told_clerk()[0].text


def test_who_has_nothing_to_hear_of_gets_none(world, office, data_dir):
    address(world, "charlie")
    assert digest(world.charlie) == []
    day(data_dir)
    assert office.mails == []
    send(world, recipient_role="教师")
    day(data_dir, NOON + timedelta(days=1))
    assert receivers(office) == ["charlie"]


@pytest.mark.parametrize("moment", [datetime(2025, 11, 15, 8), datetime(2025, 10, 1, 8)])
def test_no_mail_on_days_without_school(world, office, moment):
    assert not mail_work.ask_daily(moment)


def test_it_is_asked_for_once_a_day_and_only_with_a_server(world, office, monkeypatch):
    assert mail_work.ask_daily(NOON)
    assert not mail_work.ask_daily(NOON + timedelta(hours=1))
    monkeypatch.delenv("SCHOOL_SMTP")
    assert not mail_work.ask_daily(NOON + timedelta(days=1))


# ---- what does not leave ------------------------------------------------------------------------


def told_clerk():
    query = every_row(NOTICE).where(NOTICE.model.title.contains("没有发出"))
    return list(query.order_by(NOTICE.model.id))


def test_the_clerk_hears_of_an_address_that_is_not_taken(world, office, data_dir, client_as):
    address(world, "alice")
    address(world, "clerk")
    office.refused = "alice@"
    job = day(data_dir)
    assert job.found == {"sent": 1, "failed": 1}
    (told,) = told_clerk()
    assert "王爱丽" in told.text
    assert "不收 alice@school.example" in told.text
    assert "1 封提醒邮件没有发出" in text_of(client_as("clerk").get("/notices"))
    assert notices.unread(world.alice) == 0


def test_a_server_that_is_gone_is_told_once_and_tried_the_next_day(
    world, office, data_dir, monkeypatch
):
    for name in ("alice", "bob", "clerk"):
        address(world, name)
    named = smtp_server()
    monkeypatch.setenv("SCHOOL_SMTP", f"smtp://127.0.0.1:{free_port()}")
    assert day(data_dir).found["failed"] == 3
    assert "没有回音" in told_clerk()[0].text
    monkeypatch.setenv("SCHOOL_SMTP", f"smtp://127.0.0.1:{named.port}")
    assert day(data_dir, NOON + timedelta(days=1)).found == {"sent": 3, "failed": 0}
    assert len(told_clerk()) == 1


def test_a_server_that_hangs_up_loses_the_rest_and_no_mail_twice(world, office, data_dir):
    for name in ("clerk", "alice", "bob"):
        address(world, name)
    office.hangs_up_at = "alice@"
    assert day(data_dir).found == {"sent": 1, "failed": 2}
    assert len(told_clerk()) == 1
    assert len(office.mails) == 1


def test_a_password_is_not_given_away_unencrypted(world, office, data_dir, monkeypatch):
    address(world, "alice")
    port = office.server_address[1]
    monkeypatch.setenv("SCHOOL_SMTP", f"smtp://name:secret%40x@127.0.0.1:{port}")
    assert smtp_server().password == "secret@x"
    assert day(data_dir).found["failed"] == 1
    assert mail_work.NOT_ENCRYPTED in told_clerk()[0].text


def test_an_account_shut_in_the_meantime_gets_none(world, office, data_dir):
    address(world, "alice")
    kept = row(world.clerk, USERS, world.alice.user_id)
    service.update(world.clerk, USERS, kept.id, {"disabled": True}, kept.version)
    day(data_dir)
    assert office.mails == []


# ---- settings and the own address ---------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["mail.example", "http://mail.example", "smtp://", "smtp://h:99999", "smtps://[::1"],
)
def test_a_wrong_setting_is_named(monkeypatch, said):
    monkeypatch.setenv("SCHOOL_SMTP", said)
    monkeypatch.setenv("SCHOOL_SMTP_FROM", "a@b.cn")
    with pytest.raises(BadSettings, match="SCHOOL_SMTP"):
        smtp_server()


@pytest.mark.parametrize("sender", ["", "school", "a@b", "a@b.cn, c@d.cn"])
def test_the_sender_is_an_address(monkeypatch, sender):
    monkeypatch.setenv("SCHOOL_SMTP", "smtps://mail.example")
    monkeypatch.setenv("SCHOOL_SMTP_FROM", sender)
    with pytest.raises(BadSettings, match="SCHOOL_SMTP_FROM"):
        smtp_server()


def test_without_a_server_nobody_is_asked_for_an_address(world, client_as, office, monkeypatch):
    alice, inspector = client_as("alice"), client_as("inspector")
    assert "提醒邮件" in text_of(alice.get("/account"))
    assert "提醒邮件" not in text_of(inspector.get("/account"))
    assert inspector.post("/account/mail", data={"mail": "i@x.cn"}).status_code == 403
    monkeypatch.delenv("SCHOOL_SMTP")
    assert "提醒邮件" not in text_of(alice.get("/account"))


def test_each_person_sets_the_own_address_and_takes_it_back(world, client_as, office):
    alice = client_as("alice")
    for wrong in ("alice", "a@b.cn,c@d.cn", "a@b.cn\r\nBcc: x@y.cn", "王@b.cn"):
        page = alice.post("/account/mail", data={"mail": wrong}, follow_redirects=True)
        assert "请写成" in text_of(page), wrong
        assert not kept_of(world).mail
    alice.post("/account/mail", data={"mail": " alice@school.example "})
    assert kept_of(world).mail == "alice@school.example"
    assert alice.get("/r/talk/").status_code == 200
    alice.post("/account/mail", data={"mail": ""})
    assert kept_of(world).mail is None


def test_a_new_address_takes_no_leaders_confirmation_away(world, office):
    before = row(world.clerk, USERS, world.leadership.user_id).confirmed_at
    address(world, "leadership")
    assert row(world.clerk, USERS, world.leadership.user_id).confirmed_at == before


def kept_of(world):
    return row(world.clerk, USERS, world.alice.user_id)


def test_the_work_is_run_with_the_folder_alone(world, office, data_dir):
    """What the worker knows of the installation is enough."""
    running = Runtime(data_dir, StandingClock())
    assert mail_work.link_of(mail_work.from_environment(), running.clock.now()).endswith("/notices")
