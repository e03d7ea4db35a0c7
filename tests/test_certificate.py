"""The school's own certificate: made by one command, served with, trusted by its root alone."""

from __future__ import annotations

import http.client
import ssl
import stat
import sys

import pytest

import app as product
from admin.commands import certificate
from admin.frame import settings
from admin.frame.web_server import read_certificate
from tests.serving import serving


@pytest.fixture
def made(tmp_path):
    return certificate.make(tmp_path / "tls", {"localhost", "127.0.0.1", "档案.local"})


def served(app, folder, context):
    with serving(app, read_certificate(folder / "school.crt", folder / "school.key")) as port:
        asked = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
        asked.request("GET", "/health")
        answer = asked.getresponse()
        answer.read()
        asked.close()
        return answer.status


def test_a_browser_that_trusts_the_root_is_served(app, made):
    trusting = ssl.create_default_context(cafile=str(made))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    assert served(app, made.parent, trusting) == 200


def test_one_that_does_not_is_not(app, made):
    with pytest.raises(ssl.SSLCertVerificationError):
        served(app, made.parent, ssl.create_default_context())


def test_a_certificate_is_not_replaced_by_accident(made):
    before = made.read_bytes()
    with pytest.raises(certificate.AlreadyThere, match="--again"):
        certificate.make(made.parent, {"localhost"})
    assert made.read_bytes() == before
    certificate.make(made.parent, {"localhost"}, again=True)
    assert made.read_bytes() != before


@pytest.mark.skipif(sys.platform == "win32", reason="no such rights there")
def test_nobody_else_reads_the_key_and_the_roots_is_gone(made):
    key = made.parent / "school.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    kept = [path for path in made.parent.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert kept == [key]


def test_the_command_says_how_phones_trust_it_and_the_next_start_serves_with_it(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SCHOOL_DATA", str(tmp_path))
    for name in ("DATABASE_URL", "SCHOOL_TLS_CERT", "SCHOOL_TLS_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert not settings.from_environment().tls
    assert product.main(["certificate", "--name", "10.1.2.3"]) == 0
    told = capsys.readouterr().out
    for words in ("10.1.2.3", "安卓", "苹果", "SHA-256", certificate.ROOT):
        assert words in told
    assert settings.from_environment().tls_cert == tmp_path / "tls" / "school.crt"
