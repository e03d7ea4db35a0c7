"""What the environment says: where the data lies, which port, which database, whether TLS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from admin.frame.private import keep_private
from admin.frame.tables import make_tables
from models.core.clock import Clock
from models.core.database import connected, open_database
from models.core.values import whole
from models.kept.users import is_mail_address

DEFAULT_PORT = 8000
PROGRAM = Path(__file__).resolve().parents[2]
# Where `certificate` puts the school's own; used where the environment names none.
TLS_FOLDER, TLS_CERT, TLS_KEY = "tls", "school.crt", "school.key"
# What the demo school tells about itself, in its data folder.
DEMO_NOTES = "demo.json"


@dataclass(frozen=True)
class SmtpServer:
    """The mail server that takes the school's mails: where, how encrypted, as whom, from whom."""

    host: str
    port: int
    # Encrypted from the first byte; otherwise where the server offers it.
    tls: bool
    sender: str
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class Settings:
    """The settings of one installation, read once at the start."""

    data_dir: Path
    port: int = DEFAULT_PORT
    database_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    # Names the school's machine is reached by, besides its own.
    hosts: tuple[str, ...] = ()
    # The address of the web server in front of this one, which encrypts.
    proxy: str = ""
    # Of several processes on one database, the port of the one that opens what is sealed.
    sealed_port: int = 0
    # Where several processes on one PostgreSQL leave news for the one worker, and count uploads.
    redis: str = ""
    # Who sends the daily mail; None where nobody does.
    smtp: SmtpServer | None = None

    @property
    def tls(self) -> bool:
        """Whether pages reach people encrypted."""
        return bool(self.proxy) or (self.tls_cert is not None and self.tls_key is not None)


class BadSettings(ValueError):
    """An environment variable says something that cannot be used."""


def from_environment(default_folder: str = "instance") -> Settings:
    """Read DATABASE_URL and what begins with SCHOOL_ (the README lists it).

    Without SCHOOL_DATA the records lie beside the program, from wherever it is started.
    BadSettings names the variable that is wrong.
    """
    cert, key = _path("SCHOOL_TLS_CERT"), _path("SCHOOL_TLS_KEY")
    if (cert is None) != (key is None):
        raise BadSettings("SCHOOL_TLS_CERT 和 SCHOOL_TLS_KEY 要一起设置")
    for name, path in (("SCHOOL_TLS_CERT", cert), ("SCHOOL_TLS_KEY", key)):
        if path is not None and not path.is_file():
            raise BadSettings(f"{name} 指的文件不存在：{path}")
    # Absolute, so that a command started elsewhere by this process means the same folder.
    data_dir = (_path("SCHOOL_DATA") or PROGRAM / default_folder).absolute()
    own = (data_dir / TLS_FOLDER / TLS_CERT, data_dir / TLS_FOLDER / TLS_KEY)
    proxy = _proxy(os.environ.get("SCHOOL_PROXY", "").strip())
    database_url = os.environ.get("DATABASE_URL", "").strip() or None
    if cert and proxy:
        raise BadSettings("SCHOOL_PROXY 前面的网站已经加密，不能再设 SCHOOL_TLS_CERT")
    if cert is None and not proxy and all(path.is_file() for path in own):
        cert, key = own
    return Settings(
        data_dir=data_dir,
        port=_port("SCHOOL_PORT") or DEFAULT_PORT,
        database_url=database_url,
        tls_cert=cert,
        tls_key=key,
        proxy=proxy,
        sealed_port=_sealed_port(proxy),
        smtp=smtp_server(),
        redis=_redis(os.environ.get("SCHOOL_REDIS", "").strip(), database_url),
        hosts=tuple(os.environ.get("SCHOOL_HOSTS", "").lower().replace(",", " ").split()),
    )


def clock_in(data_dir: Path) -> Clock:
    """Return the clock of a data folder: a demo school may stand on one day.

    Server and worker read it from the same place, so that built times agree.
    """
    notes = data_dir / DEMO_NOTES
    said = json.loads(notes.read_text("utf-8")) if notes.is_file() else {}
    day = said.get("fixed_day")
    return Clock(fixed_day=date.fromisoformat(day) if day else None)


def _path(name: str) -> Path | None:
    said = os.environ.get(name, "").strip()
    return Path(said) if said else None


def _proxy(said: str) -> str:
    try:
        return str(ip_address(said)) if said else ""
    except ValueError:
        raise BadSettings(f"SCHOOL_PROXY 要是一个 IP 地址，现在是“{said}”") from None


def _port(name: str) -> int:
    """Return the port a variable names, 0 where it says nothing."""
    said = os.environ.get(name, "").strip()
    port = whole(said, least=1, most=65535) if said else 0
    if port is None:
        raise BadSettings(f"{name} 要是 1 到 65535 的数，现在是“{said}”")
    return port


def _sealed_port(proxy: str) -> int:
    port = _port("SCHOOL_SEALED_PORT")
    # Who asked is believed of the proxy alone, and the others hand on from this machine.
    if port and proxy != "127.0.0.1":
        raise BadSettings(
            "SCHOOL_SEALED_PORT 用在几个程序前面有一个网站的时候，要一起设 SCHOOL_PROXY=127.0.0.1"
        )
    return port


def _redis(said: str, database_url: str | None) -> str:
    if not said:
        return ""
    if not said.startswith(("redis://", "rediss://", "unix://")):
        raise BadSettings("SCHOOL_REDIS 要写成 redis://主机:端口/编号")
    if not database_url:
        raise BadSettings(
            "SCHOOL_REDIS 用在几个程序共用一个 PostgreSQL 的时候，要一起设 DATABASE_URL；"
            "只有一个程序时不用设"
        )
    return said


# The ports mail servers listen on by custom, for those who sign in.
_SUBMISSION = {"smtp": 587, "smtps": 465}


def smtp_server() -> SmtpServer | None:
    """Return the mail server of SCHOOL_SMTP and the sender of SCHOOL_SMTP_FROM, None without.

    A name and a password with signs of their own are written as in any address (%40 for @).
    """
    said = os.environ.get("SCHOOL_SMTP", "").strip()
    sender = os.environ.get("SCHOOL_SMTP_FROM", "").strip()
    if not said:
        return None
    wrong = BadSettings("SCHOOL_SMTP 要写成 smtps://用户名:密码@主机:端口，或 smtp://…")
    try:
        parts = urlsplit(said)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in _SUBMISSION or not parts.hostname:
        raise wrong
    if not is_mail_address(sender):
        raise BadSettings("SCHOOL_SMTP_FROM 要写发件的邮箱，和 SCHOOL_SMTP 一起设置")
    return SmtpServer(
        host=parts.hostname,
        port=port or _SUBMISSION[parts.scheme],
        tls=parts.scheme == "smtps",
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


@contextmanager
def opened(settings: Settings) -> Iterator[None]:
    """Hold the school's database open for the enclosed code, tables made; for sub-commands."""
    keep_private(settings.data_dir)
    open_database(settings.data_dir, settings.database_url)
    with connected():
        make_tables()
        yield
