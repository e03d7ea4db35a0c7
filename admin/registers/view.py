"""The one view class that every register's pages are generated from.

Flask-Admin draws routes and blueprints; the data path is wholly the product's own. Its stock
ModelView is not used: its peewee backend scopes only the list, writes all columns without a
version, deletes dependents, fails on odd page numbers and knows neither masks nor an audit. Here
records come from `rows`, fields from `surface`, and every write goes through `service`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView, expose

from admin.frame.context import actor
from admin.registers import actions
from admin.registers.detail import history_page, view_detail
from admin.registers.endpoints import BY_NAME, Endpoint
from admin.registers.form import FormPage, form_page, name_links
from admin.registers.list import link, view_list
from admin.registers.outbox import answer, is_kept_entry
from admin.registers.picker import pick
from admin.registers.save import (
    carried,
    folded_inputs,
    fresh_token,
    merge,
    note_time,
    opened_at,
    save_changes,
    save_new,
)
from admin.registers.versions import version_values
from models.core import audit
from models.core.boxes import COUNSELLOR, INSPECTOR
from models.core.errors import AlreadyDone, Conflict, Denied, Invalid, Locked, NotFound
from models.core.gates import row
from models.core.lock import Lock, decide, has_open_lines
from models.core.register import Register, line_registers, parent_register
from models.core.rights import may
from models.core.values import whole
from models.school import review_tasks
from models.school.pupils import child_field, pupils

DRAFT_SAVED = "draft_saved"
View = TypeVar("View", bound=Callable[..., Any])


def _rule(name: str) -> Callable[[View], View]:
    """Route a method by the table of endpoints."""
    endpoint: Endpoint = BY_NAME[name]
    return cast(Callable[[View], View], expose(endpoint.rule, methods=endpoint.methods))


class RegisterView(BaseView):  # type: ignore[misc]
    """List, form, detail, history, deletion, recycle bin, bulk steps and picker of one register."""

    def __init__(self, register: Register) -> None:
        """Make the view of `register` under /r/<slug>/, endpoints `<slug>.<name>`."""
        self.register = register
        super().__init__(name=register.title, endpoint=register.slug, url=f"/r/{register.slug}")

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        """Demand the endpoint's verb before any view runs."""
        endpoint = BY_NAME[name]
        if self.register.sealed and actor().role == COUNSELLOR:
            return self._at_sealed(name)
        if self.register.parent and not endpoint.lines:
            return self._at_parent(kwargs.get("rid"))
        if endpoint.verb:
            decided = may(actor(), endpoint.verb, self.register)
            if not decided:
                raise Denied(f"{decided.reason}，这一页不对您开放")
        return None

    def page(self, template: str, **shown: Any) -> str:
        """Return a page of this register; the draft of a form just saved is forgotten."""
        draft_saved = session.pop(DRAFT_SAVED, None)
        return render_template(
            template,
            register=self.register,
            draft_saved=draft_saved,
            just_made=draft_saved == self._draft_key(None),
            breadcrumbs=self._above(),
            **shown,
        )

    def _above(self) -> list[dict[str, str]]:
        """Return what stands above the page: the box, and on other pages than it the list."""
        listed = {"title": self.register.title, "url": self.url_of("index_view")}
        above = [] if request.path == listed["url"] else [listed]
        return [{"title": self.register.box.title, "url": ""}, *above]

    def url_of(self, name: str, **values: Any) -> str:
        """Return the address of one of this register's endpoints."""
        return url_for(f"{self.register.slug}.{name}", **values)

    def record(self, rid: str, verb: str = "read", *, deleted: bool | None = False) -> Any:
        """Return a record within the actor's rows on which `verb` is allowed."""
        found = row(actor(), self.register, rid, deleted=deleted)
        if found is None:
            raise NotFound
        decided = decide(actor(), verb, self.register, found)
        if not decided:
            raise Denied(f"{decided.reason}。")
        return found

    def _at_sealed(self, name: str) -> ResponseReturnValue | None:
        """Send the counsellor to the pages that open with the key; this one never has it."""
        address = link("sealed.records", slug=self.register.slug)
        if not address or name == "pick":
            raise Denied("密封的登记要用口令打开后填写，请从菜单的咨询页面进入")
        return redirect(address)

    def _at_parent(self, rid: Any) -> ResponseReturnValue:
        """Send who wants to write a line to the form of the record it belongs to."""
        parent = parent_register(self.register)
        line = row(actor(), self.register, rid)
        if parent is None or line is None:
            raise NotFound
        owner = line.__data__[self.register.parent]
        return redirect(url_for(f"{parent.slug}.detail", rid=owner))

    @_rule("index_view")
    def index_view(self) -> ResponseReturnValue:
        """The list."""
        if actor().role == INSPECTOR:
            audit.log_access(actor(), "list", self.register.slug)
        return self.show_list(view_list(actor(), self.register))

    def show_list(self, shown: dict[str, Any]) -> ResponseReturnValue:
        """Show what the list found."""
        return self.page("register/list.html", page_title=shown["heading"], **shown)

    @_rule("bin")
    def bin(self) -> ResponseReturnValue:
        """The recycle bin."""
        shown = view_list(actor(), self.register, deleted=True)
        return self.page("register/list.html", page_title=shown["heading"], in_bin=True, **shown)

    @_rule("pick")
    def pick(self) -> ResponseReturnValue:
        """What a picker may choose, as JSON."""
        return pick(actor(), self.register, request.args.get("for", ""), request.args.get("q", ""))

    @_rule("detail")
    def detail(self, rid: str) -> ResponseReturnValue:
        """One record."""
        return self.show_detail(self.record(rid))

    def show_detail(self, record: Any) -> ResponseReturnValue:
        """Show one record; every look is logged."""
        audit.log_access(actor(), "view", self.register.slug, record.id)
        if self.register.parent:
            return self._at_parent(record.id)
        shown = view_detail(actor(), self.register, record)
        return self.page("register/detail.html", page_title=shown["label"], **shown)

    @_rule("history")
    def history(self, rid: str) -> ResponseReturnValue:
        """Who changed what on one record."""
        record = self.record(rid, deleted=None if may(actor(), "restore", self.register) else False)
        audit.log_access(actor(), "view", self.register.slug, record.id, "历史")
        shown = history_page(actor(), self.register, record)
        return self.page("register/history.html", page_title="修改经过", **shown)

    @_rule("new")
    def new(self) -> ResponseReturnValue:
        """The form for a new record."""
        if request.method == "GET":
            prefill = self._prefill()
            page = form_page(actor(), self.register, prefill=prefill)
            if request.args.get("another"):
                page.focus_first_empty(prefill)
            return self._form(page)
        if request.form.get("join"):
            return self._joined(None)
        page = form_page(actor(), self.register, posted=request.form)
        try:
            saved, batch = save_new(actor(), page, request)
        except AlreadyDone as done:
            if is_kept_entry():
                return answer(self.register, done.outcome["records"])
            return self._done_before(done)
        except (Invalid, Locked, NotFound) as error:
            if is_kept_entry():
                raise
            return self._refused(page, error)
        if is_kept_entry():
            self._follow_up()
            return answer(self.register, [one.id for one in saved])
        note_time(self.register, request.form.get("opened", ""), len(saved), actor().now)
        return self._after_saving(saved, batch)

    def _done_before(self, done: AlreadyDone) -> ResponseReturnValue:
        """Show what the first sending of this form made."""
        flash(str(done), "partly")
        if "batch" in done.outcome:
            return redirect(url_for("rollcall.done", batch_id=done.outcome["batch"]), 303)
        found = row(actor(), self.register, done.outcome["records"][0])
        if found is None or self.register.parent:
            return redirect(self.url_of("index_view"), 303)
        return redirect(self.url_of("detail", rid=found.id), 303)

    @_rule("edit")
    def edit(self, rid: str) -> ResponseReturnValue:
        """The form of one record."""
        record = self.record(rid, "edit")
        limit = Lock(actor()).limit(self.register, record)
        if limit is not None and not limit.names and not has_open_lines(self.register, record):
            flash(f"这条记录只能查看：{limit.reason}", "warning")
            return redirect(self.url_of("detail", rid=record.id))
        if request.method == "GET":
            return self._opened(record)
        if request.form.get("join"):
            return self._joined(record)
        page = form_page(actor(), self.register, record=record, posted=request.form)
        try:
            saved = save_changes(actor(), page, request)
        except Conflict as error:
            taken = merge(actor(), page, whole(page.form["version"].data) or 0)
            return self._form(page, conflict=str(error), taken=taken), 409
        except (Invalid, Locked, NotFound) as error:
            return self._refused(page, error)
        return self._after_saving([saved])

    def _prefill(self) -> dict[str, Any]:
        """Return what the address says of the form's fields."""
        names = {*self.register.fields, "late_reason"}
        prefill: dict[str, Any] = {k: v for k, v in request.args.items() if k in names}
        if self.register.many in prefill:
            prefill[self.register.many] = request.args.getlist(self.register.many)
        return prefill

    def _opened(self, record: Any) -> ResponseReturnValue:
        """Show a record's form, with an earlier version or what the address says in it."""
        said, note = self._prefill(), ""
        said = {name: request.args[name] for name in said}
        entry = request.args.get("back_to", "")
        if entry:
            said |= version_values(actor(), self.register, record, entry)
            note = "已填入这一版的内容，核对后按保存才生效；名单和照片不会改回。"
        elif said:
            note = "已替您填好几处，核对后按保存才生效。"
        return self._form(form_page(actor(), self.register, record=record, prefill=said), note=note)

    def _joined(self, record: Any) -> ResponseReturnValue:
        """Show the posted form again with the children of a group on the lines."""
        slug = request.form["join"]
        lines = next(
            (register for register in line_registers(self.register) if register.slug == slug), None
        )
        spec = child_field(lines) if lines is not None else None
        if lines is None or spec is None:
            raise NotFound("没有这种名单")
        found = pupils(actor(), lines, spec, request.form.get(f"group-{slug}", ""))
        joining = {slug: [pupil.id for pupil in found]}
        page = form_page(
            actor(), self.register, record=record, posted=request.form, joining=joining
        )
        note = (
            f"名单里已加入 {len(found)} 名学生，去掉没来的再保存。" if found else "这一组没有学生。"
        )
        return self._form(page, note=note)

    def _refused(self, page: FormPage, error: Any) -> ResponseReturnValue:
        page.put_errors(error.errors if isinstance(error, Invalid) else {"": str(error)})
        return self._form(page), 422

    def _form(self, page: FormPage, **more: Any) -> str:
        if request.method == "POST":
            name_links(actor(), page)
        record = page.record
        title = f"修改{self.register.title}" if record else f"新增{self.register.title}"
        back = self.url_of("detail", rid=record.id) if record else self.url_of("index_view")
        return self.page(
            "register/form.html",
            page_title=title,
            page=page,
            draft_key=self._draft_key(record),
            upload_url=link("photos.upload") if self.register.evidence else "",
            cancel_url=back,
            once=fresh_token(),
            # A form that was refused is still the one that was opened.
            opened=request.form.get("opened") or opened_at(actor().now),
            **more,
        )

    def _draft_key(self, record: Any) -> str:
        return f"{actor().user_id}:{self.register.slug}:{record.id if record else 'new'}"

    def _after_saving(self, saved: list[Any], batch: Any = None) -> ResponseReturnValue:
        editing = request.endpoint == f"{self.register.slug}.edit"
        session[DRAFT_SAVED] = self._draft_key(saved[0] if editing else None)
        many = f"，{len(saved)} 名学生各一条" if len(saved) > 1 else ""
        flash(f"{self.register.title}已保存{many}", "met")
        for told in folded_inputs(self.register, request.form):
            flash(told, "warning")
        self._follow_up()
        if request.form.get("another"):
            return redirect(self.url_of("new", another=1, **carried(self.register, saved[0])))
        if batch is not None:
            return redirect(url_for("rollcall.done", batch_id=batch.id))
        return redirect(self.url_of("detail", rid=saved[0].id))

    def _follow_up(self) -> None:
        if self.register.slug in review_tasks.SOURCES:
            review_tasks.refresh(actor().now)

    @_rule("delete")
    def delete(self, rid: str) -> ResponseReturnValue:
        """What hangs on the record, then into the recycle bin."""
        record = self.record(rid, "delete")
        if request.method == "POST":
            actions.delete(actor(), self.register, record)
            return redirect(self.url_of("index_view"))
        shown = actions.delete_preview(actor(), self.register, record)
        return self.page("register/delete.html", page_title=f"删除{self.register.title}", **shown)

    @_rule("restore")
    def restore(self, rid: str) -> ResponseReturnValue:
        """Back from the recycle bin."""
        actions.restore(actor(), self.register, self.record(rid, "restore", deleted=True))
        return redirect(self.url_of("bin"))

    @_rule("bulk")
    def bulk(self) -> ResponseReturnValue:
        """One step on many records: a preview first, then the step."""
        shown = actions.bulk(actor(), self.register, request.form)
        if shown is None:
            return redirect(self.url_of("index_view"))
        return self.page("register/bulk.html", **shown)

    @_rule("correct")
    def correct(self, rid: str) -> ResponseReturnValue:
        """Add a correction to a record whose days of editing are over."""
        record = self.record(rid)
        actions.correct(actor(), self.register, record, request.form.get("text", ""))
        return redirect(self.url_of("detail", rid=record.id))
