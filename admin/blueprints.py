"""Every Blueprint of the panel, in one ordered tuple."""

from __future__ import annotations

from flask import Blueprint

from admin import sessions

BLUEPRINTS: tuple[Blueprint, ...] = (sessions.bp,)
