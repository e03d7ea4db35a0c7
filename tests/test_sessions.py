"""Signing in and out, sessions that end, passwords that must be changed."""

from __future__ import annotations

import pytest

from tests.world import PASSWORD


def test_the_test_school_stands(client_as, world):
    page = client_as("clerk").get("/account")
    assert page.status_code == 200
    assert "陈文员" in page.text
