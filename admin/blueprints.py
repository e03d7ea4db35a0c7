"""Every Blueprint of the panel, in one ordered tuple."""

from __future__ import annotations

from flask import Blueprint

from admin.boards import class_work, first_day, notices
from admin.boards import views as boards
from admin.evaluation import views as evaluation
from admin.inspection import draws, masking_page, semesters, visit, year_pages
from admin.people import (
    accounts,
    connect,
    leaders,
    many_accounts,
    permissions,
    sessions,
    setup,
)
from admin.registers import (
    books,
    exports,
    home_duty,
    imports,
    incident_clock,
    merging_page,
    outbox,
    photos,
    point_pages,
    reveal,
    review_tasks,
    roll_call,
    weekly_sheet,
)
from admin.sealed import counselling, counselling_cases, counselling_keys, counselling_requests
from admin.work import jobs

BLUEPRINTS: tuple[Blueprint, ...] = (
    setup.bp,
    sessions.bp,
    accounts.bp,
    many_accounts.bp,
    connect.bp,
    leaders.bp,
    reveal.bp,
    photos.bp,
    outbox.bp,
    boards.bp,
    notices.bp,
    first_day.bp,
    class_work.bp,
    evaluation.bp,
    draws.bp,
    visit.bp,
    books.bp,
    jobs.bp,
    counselling.bp,
    counselling_cases.bp,
    counselling_keys.bp,
    counselling_requests.bp,
    imports.bp,
    exports.bp,
    roll_call.bp,
    weekly_sheet.bp,
    home_duty.bp,
    point_pages.bp,
    review_tasks.bp,
    semesters.bp,
    permissions.bp,
    masking_page.bp,
    merging_page.bp,
    year_pages.bp,
    incident_clock.bp,
)
