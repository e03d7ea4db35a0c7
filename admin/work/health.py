"""What may be wrong with an installation, each as one sentence with what to do; nothing is changed.

Every check looks at one thing and says how it stands. They are asked in an order in which a later
one may trust an earlier one: a damaged database is not opened.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from admin.frame.private import FOLDER
from admin.frame.settings import Settings, opened
from admin.work import backup_work, damage
from admin.work.backup_work import folder_of
from admin.work.orphans import unreadable_uploads
from compliance.findings.kinds import ERROR, WARNING
from exports.pdf.fonts import FONT_FILES, FONT_FOLDER
from models.core import calendar
from models.core.audit import AuditEntry
from models.core.errors import BadFile, RecordsError
from models.core.gates import every_row
from models.core.installation import FILES, KEY_BYTES, KEY_FILE
from models.core.jobs import FAILED, newest
from models.core.register import register_of
from models.core.soundness import DATABASE, demand_readable, look_for_damage, noted
from models.kept.photos import Photo
from models.school import backups

# Below these a backup or a package no longer fits, and then not even a record.
LITTLE, TOO_LITTLE = 2 * 1024**3, 200 * 1024**2
OLD_BACKUP, VERY_OLD_BACKUP = timedelta(days=2), timedelta(days=7)
# So early a certificate is renewed without hurry.
RENEW = timedelta(days=30)
# A clock a little behind is nobody's fault.
SLACK = timedelta(minutes=5)
NAMED = 3

GOOD = ""


@dataclass(frozen=True)
class Finding:
    """One thing as it stands: its name, how grave ("" is good), and a sentence."""

    name: str
    level: str
    text: str


Look = Callable[[Settings, datetime], Iterator[Finding]]


def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Return how everything stands; the database is opened only when its pages are sound."""
    found = [one for look in OUTSIDE for one in look(settings, now)]
    damaged = any(one.name == "数据库" and one.level == ERROR for one in found)
    if not damaged:
        with opened(settings):
            found += [one for look in INSIDE for one in look(settings, now)]
    return found


# ---- the host ------------------------------------------------------------------------------------


def _folder(settings: Settings, _now: datetime) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding("数据文件夹", ERROR, f"{folder} 不存在：请核对 SCHOOL_DATA，或先启动一次")
        return
    open_to_others = sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) != FOLDER
    if open_to_others:
        yield Finding("数据文件夹", WARNING, f"{folder} 别的用户也能看：重新启动一次就会收紧")
    else:
        yield Finding("数据文件夹", GOOD, f"{folder} 只有本用户能看")


def _space(settings: Settings, _now: datetime) -> Iterator[Finding]:
    folder = settings.data_dir
    free = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free
    said = f"磁盘还有 {free / 1024**3:.1f} GB"
    if free < TOO_LITTLE:
        yield Finding("磁盘", ERROR, f"{said}，随时会存不进去：请马上腾出空间")
    elif free < LITTLE:
        yield Finding("磁盘", WARNING, f"{said}，备份和资料包可能放不下：请腾出空间")
    else:
        yield Finding("磁盘", GOOD, said)


def _key(settings: Settings, _now: datetime) -> Iterator[Finding]:
    path = settings.data_dir / KEY_FILE
    if not path.is_file():
        yield Finding("签名密钥", WARNING, f"没有 {KEY_FILE}：下次启动会新建，以前的链头就核对不上")
    elif path.stat().st_size < KEY_BYTES:
        yield Finding("签名密钥", ERROR, f"{KEY_FILE} 不完整：请从备份里取回这个文件")
    else:
        yield Finding("签名密钥", GOOD, "在")


def _database(settings: Settings, now: datetime) -> Iterator[Finding]:
    if settings.database_url:
        yield Finding("数据库", GOOD, "PostgreSQL，由它自己的工具检查和备份")
        return
    if not (settings.data_dir / DATABASE).is_file():
        kept = settings.data_dir / FILES
        if not (kept.is_dir() and any(kept.rglob("*"))):
            yield Finding("数据库", WARNING, "还没有建校：启动以后按页面上的步骤办")
            return
    try:
        demand_readable(settings.data_dir)
        found = look_for_damage(settings.data_dir, now, full=True)
    except (RecordsError, sqlite3.Error) as error:
        yield Finding("数据库", ERROR, str(error))
        return
    yield Finding("数据库", ERROR if found else GOOD, damage.told(found) or "页面都完好")


def _noted_damage(settings: Settings, _now: datetime) -> Iterator[Finding]:
    found = noted(settings.data_dir)
    if found:
        yield Finding("数据库", ERROR, damage.told(found))


def _backup(settings: Settings, now: datetime) -> Iterator[Finding]:
    if settings.database_url:
        return
    folder = folder_of(settings.data_dir)
    try:
        made = backups.backups(folder)
    except BadFile as error:
        yield Finding("备份", WARNING, str(error))
        return
    if not made:
        yield Finding("备份", WARNING, f"{folder} 里还没有备份：请运行 backup")
    elif now - made[0].made_at > VERY_OLD_BACKUP:
        last = f"{made[0].made_at:%Y-%m-%d %H:%M}"
        yield Finding("备份", ERROR, f"最近一份是 {last}，一周多没有了：请马上运行 backup")
    elif now - made[0].made_at > OLD_BACKUP:
        last = f"{made[0].made_at:%Y-%m-%d %H:%M}"
        yield Finding("备份", WARNING, f"最近一份是 {last}，太久了：请运行 backup，再查自动备份")
    else:
        yield Finding("备份", GOOD, f"最近一份 {made[0].made_at:%Y-%m-%d %H:%M}")


def _fonts(_settings: Settings, _now: datetime) -> Iterator[Finding]:
    missing = [name for name in FONT_FILES if not (FONT_FOLDER / name).is_file()]
    if missing:
        yield Finding("字体", ERROR, f"缺 {'、'.join(missing)}：请把程序重新解压一次")
    else:
        yield Finding("字体", GOOD, "齐全")


def _certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    if settings.tls_cert is None:
        yield Finding(
            "加密连接", WARNING, "没有启用：只在校内网络使用；运行 certificate 可以给学校做一张证书"
        )
        return
    try:
        read = x509.load_pem_x509_certificate(settings.tls_cert.read_bytes())
    except ValueError:
        yield Finding("加密连接", ERROR, f"{settings.tls_cert} 不是证书：请核对两个文件有没有放反")
        return
    left = read.not_valid_after_utc - now.replace(tzinfo=UTC)
    until = f"{read.not_valid_after_utc:%Y-%m-%d}"
    if left < timedelta():
        yield Finding("加密连接", ERROR, f"证书 {until} 已过期：请换一张")
    elif left < RENEW:
        yield Finding("加密连接", WARNING, f"证书 {until} 到期：请准备换一张")
    else:
        yield Finding("加密连接", GOOD, f"证书用到 {until}")


def _redis(settings: Settings, _now: datetime) -> Iterator[Finding]:
    if not settings.redis:
        return
    from redis import Redis, RedisError

    try:
        with Redis.from_url(settings.redis, socket_connect_timeout=3, socket_timeout=3) as asked:
            asked.ping()
    except (RedisError, ValueError) as error:
        yield Finding(
            "Redis",
            WARNING,
            f"没有回音（{type(error).__name__}）：后台的工作会晚一分钟才开始，"
            "上传的次数各个程序各数各的；请核对 SCHOOL_REDIS，再看它启动没有",
        )
    else:
        yield Finding("Redis", GOOD, "有回音")


# ---- the records ---------------------------------------------------------------------------------


def _clock(_settings: Settings, now: datetime) -> Iterator[Finding]:
    last = AuditEntry.select().order_by(AuditEntry.id.desc()).first()
    if last is not None and last.at > now + SLACK:
        yield Finding(
            "时钟", ERROR, f"比最近一次操作（{last.at:%Y-%m-%d %H:%M}）还早：请校准这台电脑的时间"
        )
    else:
        yield Finding("时钟", GOOD, f"{now:%Y-%m-%d %H:%M}")


def _nightly(_settings: Settings, _now: datetime) -> Iterator[Finding]:
    last = newest(backup_work.KIND)
    if last is not None and last.state == FAILED:
        yield Finding("自动备份", ERROR, last.message)


def _calendar(_settings: Settings, now: datetime) -> Iterator[Finding]:
    today = now.date()
    spans = calendar.school_calendar()
    if not any(span.last >= today for span in spans.semesters):
        yield Finding("校历", WARNING, "没有登记现在或以后的学期：请在设置里登记，任务才会继续算")
    elif spans.years_without_data & {today.year}:
        yield Finding("校历", WARNING, f"{today.year} 年的放假安排还没有：请在“放假与调休”里填写")
    else:
        yield Finding("校历", GOOD, "学期和放假都有")


def _photos(settings: Settings, _now: datetime) -> Iterator[Finding]:
    kept = settings.data_dir / FILES
    query = every_row(register_of(Photo)).select(Photo.id, Photo.path).tuples()
    gone = [number for number, path in query if not (kept / path).is_file()]
    if gone:
        named = "、".join(map(str, gone[:NAMED]))
        yield Finding("照片", ERROR, f"{len(gone)} 张的文件不见了（编号 {named} 等）：请从备份取回")
    else:
        yield Finding("照片", GOOD, "登记的都在")


def _uploads(settings: Settings, _now: datetime) -> Iterator[Finding]:
    found = unreadable_uploads(settings.data_dir)
    if found:
        named = "、".join(path.name for path in found[:NAMED])
        yield Finding("上传", WARNING, f"有读不出来的文件（{named}）：不影响导入，一周后自动清掉")
    else:
        yield Finding("上传", GOOD, "都读得出来")


OUTSIDE: tuple[Look, ...] = (
    _folder,
    _space,
    _key,
    _database,
    _backup,
    _fonts,
    _certificate,
    _uploads,
    _redis,
)
INSIDE: tuple[Look, ...] = (_clock, _nightly, _calendar, _photos)

# Cheap enough to be asked while pages are served.
QUICK: tuple[Look, ...] = (_space, _noted_damage, _clock, _nightly, _backup)
# What the page of the host shows.
SEEN: tuple[Look, ...] = (*QUICK, _certificate, _uploads, _fonts)
