"""Every Blueprint of the panel, in one ordered tuple."""

from __future__ import annotations

from flask import Blueprint

from admin import photos, sessions, setup

BLUEPRINTS: tuple[Blueprint, ...] = (
    setup.bp,
    sessions.bp,
    photos.bp,
)
