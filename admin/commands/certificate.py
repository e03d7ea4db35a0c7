"""`python app.py certificate`: the school's own TLS certificate, and how phones trust it."""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from admin.frame import settings
from admin.frame.private import keep_private
from admin.frame.web_server import own_address
from models.core.errors import RecordsError
from models.core.files import write_whole

ROOT = "school-ca.crt"
# Phones of Apple take no server's certificate that lasts longer.
LASTS = timedelta(days=820)
# A host's clock that runs a little behind must not find it invalid.
EARLIER = timedelta(days=1)

HOW = """手机和电脑各做一次，浏览器就不再警告：
  把 {root} 用微信、QQ 或 U 盘发到手机上。
  安卓：设置 → 安全 → 加密与凭据 → 安装证书 → CA 证书，选这个文件
        （各品牌的叫法略有不同，可在设置里搜“证书”）。
  苹果：点开文件，再到 设置 → 已下载描述文件 → 安装；
        然后 设置 → 通用 → 关于本机 → 证书信任设置，打开它。
  Windows：双击文件 → 安装证书 → 本地计算机 → 受信任的根证书颁发机构。
安装时核对指纹（SHA-256）：
  {fingerprint}
{until} 到期，以前再运行一次 certificate --again，并重新安装。"""


class AlreadyThere(RecordsError):
    """There is a certificate already; phones trust it."""


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("certificate", help="做学校自己的 TLS 证书，并说明手机怎样信任")
    parser.add_argument("--name", action="append", default=[], help="这台主机另外的名字或地址")
    parser.add_argument("--again", action="store_true", help="换一张新的，手机要重新安装")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the certificate in the data folder and say what to do with it."""
    said = settings.from_environment()
    keep_private(said.data_dir)
    names = {*_own_names(), *said.hosts, *(name.strip().lower() for name in arguments.name)}
    root = make(said.data_dir / settings.TLS_FOLDER, names - {"*", ""}, again=arguments.again)
    read = x509.load_pem_x509_certificate(root.read_bytes())
    print(f"已做好证书，用于：{'、'.join(sorted(names - {'*', ''}))}。重新启动后就用加密连接。")
    print(
        HOW.format(
            root=root,
            fingerprint=read.fingerprint(hashes.SHA256()).hex(":").upper(),
            until=f"{read.not_valid_after_utc:%Y-%m-%d}",
        )
    )
    return 0


def make(folder: Path, names: Iterable[str], *, again: bool = False) -> Path:
    """Write certificate and key for these names, and the root that phones trust; return the root.

    The root's key is thrown away, so that nobody can ever sign for another site with it.
    AlreadyThere unless `again`.
    """
    root_file = folder / ROOT
    if root_file.exists() and not again:
        raise AlreadyThere(f"{root_file} 已经有了；要换一张新的，请加 --again，手机要重新安装")
    folder.mkdir(parents=True, exist_ok=True)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("留守儿童之家档案 本校根证书")
    root = (
        _begun(issuer, issuer, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    made = (
        _begun(_name("留守儿童之家档案"), issuer, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    write_whole(folder / settings.TLS_KEY, key.private_bytes(pem, form, plain))
    if os.name != "nt":
        (folder / settings.TLS_KEY).chmod(0o600)
    write_whole(folder / settings.TLS_CERT, made.public_bytes(pem) + root.public_bytes(pem))
    write_whole(root_file, root.public_bytes(pem))
    return root_file


def _own_names() -> set[str]:
    host = socket.gethostname().lower()
    return {"localhost", "127.0.0.1", host, f"{host}.local", own_address()}


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begun(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in sorted(set(names) - {""}):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name.encode("idna").decode("ascii")))
    return found
