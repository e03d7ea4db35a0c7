"""No route, for no role and with no value, answers with an error of its own.

Bounded: each role drives for some seconds through the routes in an order that is the same every
time; with SCHOOL_TESTS_FULL it goes through all of them with every value.
"""

from __future__ import annotations

import io
import os
import random
import time

import pytest

from models.core.register import REGISTERS

ROLES = ("clerk", "leadership", "alice", "counsellor", "inspector", "nobody")
FULL = bool(os.environ.get("SCHOOL_TESTS_FULL"))
SECONDS = 1200 if FULL else 5

HOSTILE = (
    "1",
    "0",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 30,
    "9" * 5000,
    "1.5",
    "²",
    "NaN",
    "",
    " ",
    "\x00",
    "\ud7ff\u200b\u202e",
    "%",
    "' OR 1=1 --",
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "../../etc/passwd",
    "2025-02-30",
    "0000-00-00",
    "9999-12-31T23:59:59",
    "10000-01-01",
    "王" * 3000,
    "\U0001f600",
    "[]",
    "-",
)
SHAPES = (None, [], {}, "x", 7, [[]], {"a": []}, {"register": {}, "id": []}, [None], True, 2**70)
QUERY = ("q", "sort", "page", "size", "bin", "for", "next", "day", "since", "until", "semester")
QUERY += ("week", "month", "as_of", "class", "child", "staff", "duty", "back_to", "rows", "kind")
POSTED = ("version", "id", "ids", "step", "kind", "reason", "text", "number", "token", "day")
POSTED += ("register", "record", "user", "field", "value", "name", "password", "old", "confirm")
POSTED += ("semester", "edition", "join", "another", "upload_token", "evidence", "child", "lines")


def addresses(rule, luck):
    """An address of a rule with the values of its parts drawn, None where a part refuses them."""
    values = {}
    for name, part in rule._converters.items():
        known = sorted(getattr(part, "items", ()))
        slugs = list(REGISTERS) if name in ("slug", "register") else []
        values[name] = luck.choice(known or [*slugs, *HOSTILE])
    if any(value in ("", " ") for value in values.values()):
        return None
    path = rule.rule
    for value in values.values():
        start = path.index("<")
        path = (
            path[:start] + value.replace("/", "-").replace("?", "-") + path[path.index(">") + 1 :]
        )
    return path


def fields_of(rule):
    """The names a form of the rule may carry: those of its register, and the usual ones."""
    slug = rule.rule.split("/")[2] if rule.rule.startswith("/r/") else ""
    declared = REGISTERS.get(slug)
    names = list(POSTED)
    if declared is not None:
        names += list(declared.fields)
        for line in REGISTERS.values():
            if line.parent and declared.table in str(line.fields[line.parent].target).lower():
                names += [f"{line.slug}-0-{name}" for name in (*line.fields, "id", "version")]
    return names


def query_of(rule, luck):
    slug = rule.rule.split("/")[2] if rule.rule.startswith("/r/") else ""
    names = [*QUERY]
    if slug in REGISTERS:
        names += [f"f.{name}{edge}" for name in REGISTERS[slug].fields for edge in ("", ".from")]
    return {name: luck.choice(HOSTILE) for name in luck.sample(names, min(4, len(names)))}


def sent(rule, luck):
    """What a post carries: a form, a file, JSON of a wrong shape, or nothing that can be read."""
    kind = luck.randrange(6)
    if kind == 0:
        return {"json": luck.choice(SHAPES)}
    if kind == 1:
        return {
            "data": luck.choice((b"{", b"\xff\xfe", b"[[[")),
            "content_type": "application/json",
        }
    names = fields_of(rule)
    data = {name: luck.choice(HOSTILE) for name in luck.sample(names, min(8, len(names)))}
    if kind == 2:
        data["file"] = (io.BytesIO(luck.choice((b"", b"\xff\xd8\xff", b"PK\x03\x04"))), "a.jpg")
    return {"data": data}


def ask(client, method, address, **more):
    """The status of the answer, or the error that came through."""
    try:
        answer = client.open(
            address, method=method, headers={"X-CSRFToken": client.token()}, **more
        )
        answer.get_data()
        return answer.status_code
    except Exception as error:  # noqa: BLE001 - whatever comes through is what is looked for
        return f"{type(error).__name__}: {error}"[:200]


@pytest.mark.parametrize("role", ROLES)
def test_no_route_answers_with_an_error_of_its_own(app, browser, client_as, role):
    luck = random.Random(f"door {role}")
    rules = [r for r in app.url_map.iter_rules() if r.endpoint not in ("static", "admin.static")]
    cases = [(r, m) for r in rules for m in ("GET", "HEAD", "POST") if m in (r.methods or ())]
    bad, asked, ends = {}, 0, time.monotonic() + SECONDS
    while time.monotonic() < ends and len(bad) < 20:
        luck.shuffle(cases)
        for rule, method in cases:
            if time.monotonic() > ends:
                break
            # Signed in anew each time: among the routes are those that sign out.
            if asked % 20 == 0:
                client = browser if role == "nobody" else client_as(role)
            address = addresses(rule, luck)
            if address is None:
                continue
            more = sent(rule, luck) if method == "POST" else {}
            query = query_of(rule, luck)
            status = ask(client, method, address, query_string=query, **more)
            asked += 1
            if status == 500 or isinstance(status, str):
                bad[f"{method} {rule.rule}"] = (status, address[:80], query, str(more)[:300])
    assert not bad, "\n".join(f"{where}: {what}" for where, what in bad.items())
    assert asked > 100
