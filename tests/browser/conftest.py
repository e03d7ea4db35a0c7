"""A Chromium, and the product as a school runs it: a process and a data folder of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START_WITHIN = 60.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """`python app.py …` in a child process, answering on a free port."""

    def __init__(self, data_dir, *arguments):
        self.data_dir, self.port = data_dir, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "SCHOOL_DATA": str(data_dir),
            "SCHOOL_PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        self.log = data_dir.parent / "served.log"
        with self.log.open("w", encoding="utf-8") as told:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=told,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def _wait(self):
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end:
            if self.process.poll() is not None:
                pytest.fail(f"the school did not start:\n{self.told()}")
            try:
                with urllib.request.urlopen(f"{self.address}/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"the school did not answer:\n{self.told()}")

    def told(self):
        return self.log.read_text(encoding="utf-8")

    def code(self):
        """The one-time code on the console."""
        return re.search(r"一次性口令：(\S+)", self.told())[1]

    def command(self, *arguments):
        """Run a sub-command on the same data folder and return its standard output."""
        done = subprocess.run(
            [sys.executable, "app.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
