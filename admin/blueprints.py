"""Every Blueprint of the panel, in one ordered tuple."""

from __future__ import annotations

from flask import Blueprint

from admin import accounts, books, bundles, jobs, photos, reveal, sessions, setup

BLUEPRINTS: tuple[Blueprint, ...] = (
    setup.bp,
    sessions.bp,
    accounts.bp,
    reveal.bp,
    photos.bp,
    books.bp,
    bundles.bp,
    jobs.bp,
)
