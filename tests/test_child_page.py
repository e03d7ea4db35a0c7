"""The child's page: one head, five tabs with addresses of their own, charts, what it costs."""

from __future__ import annotations

import re
from datetime import date

import pytest

from admin.boards.child_charts import acts_chart, growth_charts
from admin.boards.child_page import OF_TAB, TAB_OF_SECTION, TABS
from exports.pdf.curves import WIDE, bars_by_month, curve
from models.core import service
from models.core.register import REGISTERS
from tests.test_boards import queries, talk, text_of

# The most queries any tab may take, whatever the child has.
MOST = 60


def child_url(world, tab=""):
    return f"/r/child/{world.child_a}" + (f"?tab={tab}" if tab else "")


def current(page):
    """The tabs that say they are the one shown."""
    row = page[page.index('aria-label="档案的各部分"') :]
    return re.findall(r'aria-current="page">([^<]+)', row[: row.index("</nav>")])


def test_every_tab_has_its_maker_its_page_and_its_link(client_as, world):
    assert list(OF_TAB) == list(TABS)
    clerk = client_as("clerk")
    for code, title in TABS.items():
        page = text_of(clerk.get(child_url(world, code)))
        assert current(page) == [title]
        for other in list(TABS)[1:]:
            assert f'href="/r/child/{world.child_a}?tab={other}"' in page
        assert "找谁联系" in page


def test_an_unknown_tab_is_this_semester_and_a_kind_is_what_happened(client_as, world):
    clerk = client_as("clerk")
    assert current(text_of(clerk.get(child_url(world, "nonsense")))) == ["本学期"]
    kind = text_of(clerk.get(f"/r/child/{world.child_a}?kind=talk"))
    assert current(kind) == ["经过"]
    assert "谈心记录 · 开学适应" in kind


def test_every_field_of_the_registration_stands_on_some_tab(client_as, world):
    sections = {spec.section for spec in REGISTERS["child"].fields.values() if spec.section}
    assert set(TAB_OF_SECTION) <= sections
    clerk = client_as("clerk")
    shown = "".join(text_of(clerk.get(child_url(world, tab))) for tab in TABS)
    for section in sections:
        assert f"<h2>{section}</h2>" in shown


def test_the_booklet_and_the_card_are_buttons_of_the_head(client_as, world):
    for tab in TABS:
        page = text_of(client_as("clerk").get(child_url(world, tab)))
        head = page[page.index("child-head__do") : page.index('aria-label="档案的各部分"')]
        for code in ("growth-booklet", "contact-card"):
            assert f'href="/documents/{code}?for={world.child_a}"' in head


@pytest.mark.parametrize("tab", TABS)
def test_nobody_reaches_another_teachers_child_by_any_tab(client_as, world, tab):
    assert client_as("alice").get(f"/r/child/{world.child_b}?tab={tab}").status_code == 404


@pytest.mark.parametrize("tab", TABS)
def test_the_inspector_reads_every_tab_masked_and_changes_nothing(client_as, world, tab):
    page = text_of(client_as("inspector").get(child_url(world, tab)))
    assert "张小雨" not in page
    assert "13985670002" not in page
    assert "/new?" not in page


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_costs_no_more_queries_for_a_child_with_much(client_as, world, tab):
    clerk, url = client_as("clerk"), child_url(world, tab)
    few = queries(clerk, url)
    for number in range(1, 25):
        talk(world, world.child_a, world.staff_alice, f"2025-10-{number:02} 12:10")
    for number in range(2, 12):
        fitness(world, f"2024-{number:02}-10", f"{140 + number}")
        given = {"child": world.child_a, "kind": "进步", "text": "有进步", "late_reason": "补登"}
        given["noted_on"] = f"2025-{number:02}-10"
        service.create(world.clerk, REGISTERS["growth"], given)
    many = queries(clerk, url)
    assert many <= few + 3
    assert many <= MOST


def fitness(world, day, height, **more):
    given = {"child": world.child_a, "tested_on": day, "height_cm": height, **more}
    given["late_reason"] = "补登"
    return service.create(world.clerk, REGISTERS["fitness-test"], given)


def test_the_body_mass_index_is_kilograms_by_square_metre(world):
    # 48.6 / 1.5² = 21.6, held as tenths.
    assert fitness(world, "2025-10-10", "150", weight_kg="48.6").bmi == 216


def test_growth_is_drawn_from_two_tests_on(app, world):
    with app.test_request_context():
        fitness(world, "2025-04-10", "146.3")
        assert growth_charts(world.alice, world.child_a) == []
        fitness(world, "2025-10-10", "150.8")
        (chart,) = growth_charts(world.alice, world.child_a)
        assert growth_charts(world.bob, world.child_a) == []
    assert chart["title"] == "身高（厘米）"
    assert 'aria-label="2025-04-10 146.3厘米；2025-10-10 150.8厘米"' in chart["drawing"]


def test_acts_are_counted_by_the_month_within_the_readers_rows(app, world):
    with app.test_request_context():
        before = acts_chart(world.alice, world.child_a)["drawing"]
        talk(world, world.child_a, world.staff_alice, "2025-09-30 23:50")
        talk(world, world.child_a, world.staff_alice, "2025-10-01 00:10")
        after = acts_chart(world.alice, world.child_a)["drawing"]
        assert acts_chart(world.bob, world.child_a) is None

    def told(drawing):
        said = re.search(r'aria-label="谈心：([^；"]*)', drawing).group(1)
        return {month: int(n) for month, n in re.findall(r"(\d+年\d+月) (\d+) 次", said)}

    old, new = told(before), told(after)
    for month in ("2025年9月", "2025年10月"):
        assert new[month] == old.get(month, 0) + 1


def test_a_curve_rises_where_the_number_does_and_days_lie_in_proportion():
    days = [date(2024, 4, 1), date(2024, 10, 1), date(2025, 10, 1)]
    drawn = curve(list(zip(days, (140.0, 150.0, 145.0), strict=True)), "厘米")
    dots = [(s.x, s.y) for s in drawn.shapes if s.filled]
    assert dots[1][1] < dots[2][1] < dots[0][1]
    first, second = dots[1][0] - dots[0][0], dots[2][0] - dots[1][0]
    assert second / first == pytest.approx(365 / 183, rel=0.01)
    assert all(s.x >= 0 and s.x + s.w <= WIDE for s in drawn.shapes)


def test_bars_of_all_acts_have_one_scale():
    months = [(2025, 9), (2025, 10)]
    drawn = bars_by_month(months, [("谈心", [2, 4]), ("家访", [1, 0])])
    assert [s.h for s in drawn.shapes if s.filled] == [5.0, 10.0, 2.5]
    assert drawn.words == "谈心：2025年9月 2 次，2025年10月 4 次；家访：2025年9月 1 次"
