"""`python app.py backup [FOLDER]` and `restore FOLDER`: a backup, and bringing one back."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path
from typing import Any

from admin.commands.audit import noted_heads, told
from admin.frame import settings
from admin.frame.private import keep_private
from admin.work import backup_work
from models.core import verification
from models.core.clock import Clock
from models.core.errors import BadFile
from models.school import backups, encrypted_backups
from models.sealed import keys


def add(subparsers: Any) -> None:
    """Declare both commands."""
    making = subparsers.add_parser("backup", help="备份（不用停止程序）")
    making.add_argument("folder", nargs="?", type=Path, help="备份到哪个文件夹，如 U 盘")
    making.add_argument("--encrypt", action="store_true", help="加密，口令丢了就打不开")
    _passphrase_file(making)
    making.set_defaults(run=run)
    bringing = subparsers.add_parser("restore", help="把一份备份恢复到空的数据文件夹，并核对")
    bringing.add_argument("folder", type=Path, help="某一份备份的文件夹")
    _passphrase_file(bringing)
    bringing.set_defaults(run=run_restore)


def _passphrase_file(parser: argparse.ArgumentParser) -> None:
    said = "无人看守时：加密备份的口令写在这个文件的第一行"
    parser.add_argument("--passphrase-file", type=Path, metavar="文件", help=said)


def run(arguments: argparse.Namespace) -> int:
    """Back up and say where to, how much, and the head of the audit to be noted."""
    said = settings.from_environment()
    if said.database_url:
        raise backups.NotBackedUp(
            "用 PostgreSQL 时请用 pg_dump 备份数据库，或先用 copy --to sqlite 复制出来"
        )
    folder = (arguments.folder or backup_work.folder_of(said.data_dir)).absolute()
    now = Clock().now()
    if arguments.encrypt:
        key = _key_for(said, folder, arguments.passphrase_file)
        made = encrypted_backups.backup(said.data_dir, folder, now, key)
    else:
        made = backups.backup(said.data_dir, folder, now)
    head = made.manifest["audit"]
    print(f"已备份到 {made.folder}")
    print(f"登记和操作记录共 {sum(made.manifest['counts'].values())} 行", end="，")
    print(f"照片和资料包 {len(made.manifest['stored'])} 个")
    if head:
        print(f"操作记录 {head['entries']} 条，链头：{head['hash']}")
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Restore, walk the audit chain against the head noted, and return 0 only when it holds."""
    said = settings.from_environment()
    folder = arguments.folder.absolute()
    if encrypted_backups.has_key(folder):
        backups.refuse_a_school(said.data_dir)
        key = encrypted_backups.open_key(folder, _passphrase(arguments.passphrase_file, ""))
        keep_private(said.data_dir)
        made = encrypted_backups.restore(folder, said.data_dir, key)
    else:
        keep_private(said.data_dir)
        made = backups.restore(folder, said.data_dir)
    print(f"已恢复 {made.made_at} 的备份到 {said.data_dir}，文件校验值和各表条数都一样")
    head = made.manifest["audit"]
    with settings.opened(settings.Settings(said.data_dir)):
        report = verification.verify(head["hash"] if head else None, noted_heads())
    print("\n".join(told(report)))
    return 0 if report.intact else 1


def _key_for(said: settings.Settings, folder: Path, file: Path | None) -> bytes:
    """Return the key of a folder of encrypted backups; a new one has its passphrase judged."""
    if encrypted_backups.has_key(folder):
        return encrypted_backups.open_key(folder, _passphrase(file, ""))
    if not (said.data_dir / backups.DATABASE).is_file():
        raise backups.NotBackedUp(f"{said.data_dir} 里没有 records.db，没有可以备份的")
    passphrase = _passphrase(file, "新的")
    again = passphrase if file else _passphrase(None, "再输一遍")
    with settings.opened(said):  # The school's name is no passphrase.
        keys.check_new(passphrase, again)
    return encrypted_backups.make_key(folder, passphrase)


def _passphrase(file: Path | None, which: str) -> str:
    if file is None:
        return getpass.getpass(f"{which}加密备份的口令：")
    try:
        return (file.read_text("utf-8").splitlines() or [""])[0]
    except (OSError, ValueError) as error:
        raise BadFile(f"口令文件 {file} 读不了，请核对") from error
