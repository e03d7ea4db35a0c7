"""Django's admin on the tables of our database file: the peer of benchmarks.lists.

Runs with a Python that has Django and not our product; takes one JSON argument (folder, times,
pages, now) and prints JSON: "reader/page/mode" → queries, ms. Modes: "counted" is Django's default
(show_full_result_count), "uncounted" its faster setting.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings
from django.urls import path

GIVEN = json.loads(sys.argv[1])
FOLDER = Path(GIVEN["folder"])
APP = "school"


def sqlite(file: str) -> dict[str, Any]:
    """Return the settings of one database file, with our own pragmas."""
    pragmas = "PRAGMA journal_mode=wal; PRAGMA synchronous=2; PRAGMA cache_size=-8000;"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(FOLDER / file),
        "OPTIONS": {"init_command": pragmas},
        "CONN_MAX_AGE": None,
    }


class Router:
    """Django's own tables lie in a file of their own, the school's in ours."""

    def db_for_read(self, model: Any, **_hints: Any) -> str:
        """Read the school from the records."""
        return "records" if model._meta.app_label == APP else "default"

    db_for_write = db_for_read


class School(AppConfig):
    """The app that the tables of our file belong to; it is this very file."""

    name, label, path = __name__, APP, str(Path(__file__).parent)


settings.configure(
    DEBUG=False,
    SECRET_KEY="benchmark",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": sqlite("django.db"), "records": sqlite("records.db")},
    DATABASE_ROUTERS=[Router()],
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        f"{__name__}.School",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    LANGUAGE_CODE="zh-hans",
    USE_TZ=False,
)
django.setup()

from django.contrib import admin  # noqa: E402 - Django wants its settings first
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections, models  # noqa: E402
from django.db.models import Q  # noqa: E402
from django.db.models.expressions import RawSQL  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402


class Named(models.Model):
    """What children and staff have in common."""

    name = models.CharField(max_length=40)
    pinyin_key = models.CharField(max_length=120)
    pinyin_search = models.TextField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Child(Named):
    """A child, as in our table."""

    class Meta:
        app_label, managed, db_table, ordering = APP, False, "child", ["pinyin_key"]


class Staff(Named):
    """A member of staff, as in our table."""

    class Meta:
        app_label, managed, db_table, ordering = APP, False, "staff", ["pinyin_key"]


class Talk(models.Model):
    """A talk, as in our table."""

    child = models.ForeignKey(Child, models.PROTECT)
    teacher = models.ForeignKey(Staff, models.PROTECT)
    talked_at = models.DateTimeField()
    topic = models.CharField(max_length=60)
    aspects = models.TextField(null=True)
    content = models.TextField(null=True)
    problem = models.TextField(null=True)
    risk = models.CharField(
        max_length=20,
        null=True,
        choices=[(word, word) for word in ("无", "关注", "转心理", "强制报告")],
    )
    entered_by = models.IntegerField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = APP, False, "talk"


class TalkAdmin(admin.ModelAdmin):
    """The list our register `talk` shows, with Django's means."""

    list_display = ("child", "teacher", "talked_at", "topic", "aspects", "risk")
    list_select_related = ("child", "teacher")
    # Django writes a date hierarchy or an option per teacher only when told to; ours has pickers.
    list_filter = ("risk", "talked_at")
    search_fields = (
        "topic",
        "content",
        "problem",
        "child__name",
        "child__pinyin_search",
        "teacher__name",
        "teacher__pinyin_search",
    )
    ordering = ("-talked_at", "-id")
    list_per_page = 20

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Allow the filter by teacher that our picker makes."""
        return lookup == "teacher__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: Any) -> Any:
        """Limit teachers to own children, own class and own acts, as our gate does."""
        found = super().get_queryset(request).filter(deleted_at__isnull=True)
        if request.user.username == "clerk":
            return found
        staff, user = own_ids(request.user.username)
        paired, led = (Q(child__in=RawSQL(sql, (staff,))) for sql in (PAIRED, LED))
        return found.filter(paired | led | Q(teacher=staff) | Q(entered_by=user))


# Own children by pairing and by class on the day, both sub-queries as our own gate writes them.
DAY = f"'{GIVEN['now'][:10]}'"
ON = f"since <= {DAY} AND (until IS NULL OR until >= {DAY}) AND deleted_at IS NULL"
PAIRED = f"SELECT child_id FROM pairing WHERE teacher_id = %s AND {ON}"
LED = (
    "SELECT child_id FROM enrolment WHERE school_class_id IN"
    f" (SELECT school_class_id FROM class_teacher WHERE staff_id = %s AND {ON}) AND {ON}"
)


def own_ids(username: str) -> tuple[int, int]:
    """Return the staff and user number of one of our accounts."""
    with connections["records"].cursor() as cursor:
        cursor.execute('SELECT staff_id, id FROM "user" WHERE username = %s', [username])
        staff, user = cursor.fetchone()
    return staff, user


admin.site.register(Talk, TalkAdmin)
urlpatterns = [path("admin/", admin.site.urls)]


def main() -> None:
    """Measure every page as every reader and print the figures."""
    call_command("migrate", verbosity=0, interactive=False)
    found = {}
    for username in ("clerk", "teacher", "idle"):
        user = get_user_model().objects.create_superuser(username, password="x")
        client = Client()
        client.force_login(user)
        for mode in ("counted", "uncounted"):
            TalkAdmin.show_full_result_count = mode == "counted"
            for title, asked in GIVEN["pages"].items():
                found[f"{username}/{title}/{mode}"] = measured(client, asked)
    print(json.dumps(found, ensure_ascii=False))


def measured(client: Any, asked: str) -> dict[str, Any]:
    """Return queries and median milliseconds of one page."""
    address = f"/admin/{APP}/talk/?{asked}"
    with (
        CaptureQueriesContext(connections["default"]) as own,
        CaptureQueriesContext(connections["records"]) as school,
    ):
        answer = client.get(address, follow=True)  # beyond the end Django sends one back
    assert answer.status_code == 200, (address, answer.status_code)
    queries = len(own) + len(school)  # Before the next request empties the log.
    took = []
    for _ in range(GIVEN["times"]):
        start = time.perf_counter()
        client.get(address, follow=True)
        took.append(time.perf_counter() - start)
    ms = round(statistics.median(took) * 1000, 1)
    return {"queries": queries, "ms": ms}


if __name__ == "__main__":
    main()
