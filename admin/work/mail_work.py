"""The daily mail: what each person should hear of, as numbers and a link, without any name.

Once a day at the first look, on school days, where SCHOOL_SMTP names a server. A mail is noted when
it is made and before it leaves; what did not leave is told to the clerks and not tried again: the
next day has news of its own.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from admin.frame.context import Runtime
from admin.frame.settings import Settings, SmtpServer, from_environment, smtp_server
from admin.frame.web_server import own_address
from compliance.told.digest import digest
from models.core import calendar, jobs
from models.core.actor import Actor, system
from models.core.jobs import Running
from models.school import accounts, connect, digest_mail, notices

KIND = "mail"
# Seconds the server has for an answer.
ANSWERS = 20.0
NOT_ENCRYPTED = "邮件服务器没有加密，不把密码交给它：请改用 smtps://"


class NotSent(Exception):
    """Why a mail did not leave, in a sentence for the clerk."""


def ask_daily(now: datetime) -> bool:
    """Put today's mails into the queue unless they were; only where a server is named."""
    if smtp_server() is None or not calendar.school_calendar().is_school_day(now.date()):
        return False
    return jobs.ask_daily(KIND, "提醒邮件", now)


def run(_given: Mapping[str, Any], running: Running, installed: Runtime) -> Mapping[str, Any]:
    """Make the mails of the day, send those that wait, tell the clerks of those that did not go."""
    now, said = installed.clock.now(), from_environment()
    users = {user.id: user for user in digest_mail.who_gets_mail(now.date())}
    made = []
    for number, user in enumerate(users.values()):
        running.progress("汇总", number, len(users))
        lines = lines_for(accounts.actor_of(user, now, ""))
        made += [(user.id, lines)] if lines else []
    digest_mail.make(made, now)
    waiting = [one for one in digest_mail.of_day(now.date()) if one.state == digest_mail.WAITING]
    if waiting and said.smtp is not None:
        _send_all(said.smtp, waiting, users, link_of(said, now), running)
    with running.effect() as outcome:
        outcome |= digest_mail.tell_clerk(now.date(), now)
    return outcome


def lines_for(actor: Actor) -> list[str]:
    """Return the lines of a person's mail: what, and how many of it."""
    found = [f"{one.title}：{one.number} {one.unit}" for one in digest(actor)]
    unread = notices.unread(actor)
    return found + ([f"没有看的通知：{unread} 条"] if unread else [])


def link_of(said: Settings, now: datetime) -> str:
    """Return the page of notices at the address given out last, else at this machine's own."""
    printed = connect.last_printed(system(now))
    if printed is not None:
        came = urlsplit(printed.address)
        return f"{came.scheme}://{came.netloc}/notices"
    named = next((one for one in said.hosts if one != "*"), "")
    host = named or own_address() or "localhost"
    scheme = "https" if said.tls else "http"
    return f"{scheme}://{host}{'' if said.proxy else f':{said.port}'}/notices"


def _send_all(
    server: SmtpServer,
    waiting: list[Any],
    users: Mapping[int, Any],
    link: str,
    running: Running,
) -> None:
    clock = running.clock
    try:
        with _connected(server) as sending:
            for number, mail in enumerate(waiting):
                running.progress("发送", number, len(waiting))
                digest_mail.mark(mail, digest_mail.SENDING, clock.now())
                trouble = _send(sending, server.sender, users[mail.user_id].mail, mail.told, link)
                state = digest_mail.FAILED if trouble else digest_mail.SENT
                digest_mail.mark(mail, state, clock.now(), trouble)
    except NotSent as error:
        for mail in digest_mail.of_day(clock.now().date()):
            if mail.state in (digest_mail.WAITING, digest_mail.SENDING):
                digest_mail.mark(mail, digest_mail.FAILED, clock.now(), str(error))


@contextmanager
def _connected(server: SmtpServer) -> Iterator[smtplib.SMTP]:
    """Hold the connection open; NotSent when the server is not there or does not let us in."""
    secure = ssl.create_default_context()
    try:
        if server.tls:
            sending: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=ANSWERS, context=secure
            )
        else:
            sending = smtplib.SMTP(server.host, server.port, timeout=ANSWERS)
        with sending:
            encrypted = server.tls
            sending.ehlo()
            if not encrypted and sending.has_extn("starttls"):
                sending.starttls(context=secure)
                sending.ehlo()
                encrypted = True
            if server.user:
                if not encrypted:
                    raise NotSent(NOT_ENCRYPTED)
                sending.login(server.user, server.password)
            yield sending
    except smtplib.SMTPAuthenticationError:
        raise NotSent("邮件服务器不认用户名或密码：请核对 SCHOOL_SMTP") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"邮件服务器没有回音（{type(error).__name__}）：请核对 SCHOOL_SMTP") from None


def _send(sending: smtplib.SMTP, sender: str, to: str, lines: list[str], link: str) -> str:
    """Send one mail; return why the server did not take it, "" when it did."""
    try:
        sending.send_message(letter(sender, to, lines, link))
    except smtplib.SMTPRecipientsRefused:
        return f"邮件服务器不收 {to}：请核对这个邮箱"
    except smtplib.SMTPSenderRefused:
        return "邮件服务器不收这个发件人：请核对 SCHOOL_SMTP_FROM"
    except smtplib.SMTPDataError as error:
        return f"邮件服务器没有收下（{error.smtp_code}）"
    return ""


def letter(sender: str, to: str, lines: list[str], link: str) -> EmailMessage:
    """Return the mail: the school, the numbers, the link; what it is about stands in the panel."""
    school = calendar.school()
    found = EmailMessage()
    found["From"], found["To"] = sender, to
    found["Subject"] = (
        f"{school.name if school else '留守儿童之家'}：今天有 {len(lines)} 件事要留意"
    )
    told = "\n".join(lines)
    found.set_content(
        f"{told}\n\n打开看：{link}\n\n每天最多一封。不想收，在“我的账号”里清空邮箱。\n"
    )
    return found
