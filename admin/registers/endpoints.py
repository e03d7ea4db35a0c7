"""Every endpoint the generated view of a register has, with the verb it demands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """One endpoint, as `<slug>.<name>` under /r/<slug>.

    `verb` is demanded of the register before the view runs, and of the record, when there is one,
    by the view; "" means that the view itself decides (the picker). `lines` says whether registers
    of lines have it too: their rows are written in their record's form only.
    """

    name: str
    rule: str
    methods: tuple[str, ...]
    verb: str
    on_record: bool = False
    lines: bool = False


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("index_view", "/", ("GET",), "read", lines=True),
    Endpoint("new", "/new", ("GET", "POST"), "create"),
    Endpoint("bin", "/bin", ("GET",), "restore"),
    Endpoint("bulk", "/bulk", ("POST",), "bulk"),
    Endpoint("pick", "/pick", ("GET",), "", lines=True),
    Endpoint("detail", "/<rid>", ("GET",), "read", on_record=True, lines=True),
    Endpoint("edit", "/<rid>/edit", ("GET", "POST"), "edit", on_record=True),
    Endpoint("delete", "/<rid>/delete", ("GET", "POST"), "delete", on_record=True),
    Endpoint("restore", "/<rid>/restore", ("POST",), "restore", on_record=True),
    Endpoint("history", "/<rid>/history", ("GET",), "read", on_record=True, lines=True),
    Endpoint("correct", "/<rid>/correct", ("POST",), "read", on_record=True),
)
BY_NAME: dict[str, Endpoint] = {endpoint.name: endpoint for endpoint in ENDPOINTS}
