"""Every Blueprint of the panel, in one ordered tuple."""

from __future__ import annotations

from flask import Blueprint

from admin import (
    accounts,
    boards,
    books,
    bundles,
    counselling,
    counselling_cases,
    counselling_keys,
    counselling_requests,
    draws,
    exports,
    imports,
    incident_clock,
    inspection,
    jobs,
    permissions,
    photos,
    regulations,
    reveal,
    review_tasks,
    roll_call,
    semesters,
    sessions,
    setup,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    setup.bp,
    sessions.bp,
    accounts.bp,
    reveal.bp,
    photos.bp,
    boards.bp,
    draws.bp,
    regulations.bp,
    books.bp,
    bundles.bp,
    jobs.bp,
    counselling.bp,
    counselling_cases.bp,
    counselling_keys.bp,
    counselling_requests.bp,
    imports.bp,
    exports.bp,
    roll_call.bp,
    review_tasks.bp,
    semesters.bp,
    permissions.bp,
    inspection.bp,
    incident_clock.bp,
)
