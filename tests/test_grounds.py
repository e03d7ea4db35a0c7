"""依据口径: the sentence of every clause says all that its checks ask, in words a teacher knows.

What must stand in a sentence is read here from the declarations, and the sentence is searched for
it: number, period, deadline, whom, every word of a filter and every need.
"""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from compliance.checklists.hardware import line_called
from compliance.judged.among import CONDITIONS
from compliance.ordered.catalogue import duties
from compliance.ordered.declaration import Filter
from compliance.ordered.duty import Charged, Doer, SubjectKind
from compliance.ordered.needs import need
from compliance.ordered.periods import Frequency
from compliance.ordered.regulations import clauses
from compliance.told.grounds import BY, CHARGED, WHOM, _where, as_shipped, ground, grounds
from models.core.conditions import Asks
from models.core.register import find
from models.kept import REGISTERS

CLAUSES = list(clauses().values())


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda one: one.id)
def test_a_clause_is_told_in_one_sentence_without_a_code(clause):
    told = grounds(clause)
    assert told.endswith("。")
    assert told.count("。") == 1
    assert len(told) > 10
    assert not re.search(r"[a-z_]{2,}", told), told
    assert "（）" not in told
    assert "None" not in told
    assert told.count("（") == told.count("）")
    if clause.duties or clause.checklist or clause.record_only:
        assert re.search(r"\d", told), "no number"
        assert re.search(r"任何一天|每|发生后", told), "no period"


def test_no_two_clauses_asked_by_different_duties_say_the_same():
    by_sentence = {}
    for clause in CLAUSES:
        if clause.duties and not clause.record_only:
            by_sentence.setdefault(grounds(clause), set()).add(clause.duties)
    assert not {said: one for said, one in by_sentence.items() if len(one) > 1}


def words(where: Filter):
    """Every word a filter names."""
    for asked in where.values():
        if isinstance(asked, Asks):
            yield from (word for word in (*asked.any_of, *asked.none_of) if isinstance(word, str))
        else:
            listed = asked if isinstance(asked, list) else [asked]
            yield from (word for word in listed if isinstance(word, str))


def labels_of_need(register, name):
    asked = need(register, name)
    if asked.told:
        return [asked.told]
    found = [register.evidence[asked.evidence]] if asked.evidence else []
    return found + [register.fields[one].label for one in asked.fields]


@pytest.mark.parametrize("duty", duties(), ids=lambda one: one.code)
def test_the_sentence_of_a_duty_says_everything_the_judge_asks(duty):
    for clause in duty.clauses:
        told = ground(duty, clause)
        measure, limit = duty.measure, duty.deadline
        assert WHOM[duty.subject] in told
        assert CHARGED[duty.responsible] in told
        assert duty.every in (Frequency.NOW, Frequency.EVENT) or duty.every.word in told
        assert duty.by == ("anyone",) or all(BY[one] in told or "本人" in told for one in duty.by)
        if limit is not None:
            said = {
                limit.weeks: f"前 {limit.weeks} 周",
                limit.days or None: f"{limit.days} 天内",
            }
            said.pop(None, None)
            assert all(one in told for one in said.values())
            assert not limit.semester_end or "最后一天以前" in told
            assert limit.days != 0 or "当天" in told
            assert not limit.field or "以前" in told
        assert measure.minutes is None or f"{measure.minutes} 分钟" in told
        if not duty.parts and duty.every is not Frequency.EVENT:
            assert str(measure.least) in told
            assert measure.most is None or str(measure.most) in told
        for name in duty.only:
            assert CONDITIONS[name].told in told
        for word in words(duty.among):
            assert word in told
        for number, source, needs in duty.asked:
            part = duty.parts[number] if duty.parts else None
            if part is not None and part.clauses and clause not in part.clauses:
                continue
            register = REGISTERS[source.register]
            assert f"《{register.title}》" in told
            named = (
                {**source.where}
                if duty.event is None
                else {
                    key: said for key, said in source.where.items() if key not in duty.event.where
                }
            )
            assert all(f"“{word}”" in told for word in words(named))
            assert all(one in told for one in _where(register, named))
            assert all(one in told for name in needs for one in labels_of_need(register, name))
            if part is not None:
                assert str(part.least) in told or not part.least
                assert all(register.fields[name].label in told for name in part.fields)


def test_every_word_of_the_declarations_has_one_of_ours():
    for table, kinds in ((BY, Doer), (CHARGED, Charged), (WHOM, SubjectKind)):
        assert set(table) == set(kinds.__args__)


def test_a_number_the_school_sets_stands_in_the_sentence():
    clause = clauses()["S12-1"]
    assert "每周，每对结对的师生至少有 1 条由结对教师做的《谈心记录》（谈话内容不为空）" in grounds(
        clause
    )

    def twice(code):
        duty = as_shipped(code)
        measure = replace(duty.measure, least=2)
        return replace(duty, every=Frequency.MONTH, measure=measure)

    assert "每月，每对结对的师生至少有 2 条" in grounds(clause, twice)
    line = line_called("home-stools")
    told = grounds(clauses()["S01-4"], targets={line.id: 987})
    assert f"不少于 987 {line.unit}" in told


def test_the_clause_page_and_the_duty_page_show_the_sentence(client_as):
    clerk = client_as("clerk")
    page = clerk.get("/regulations/S12").get_data(as_text=True)
    assert all(grounds(one) in page for one in clauses().values() if one.system == "S12")
    page = clerk.get("/board/duties/talk-weekly").get_data(as_text=True)
    assert ground(as_shipped("talk-weekly")) in page


def test_a_record_only_clause_says_which_records_are_meant():
    clause = next(one for one in CLAUSES if one.record_only and one.where and not one.duties)
    slug, where = next(iter(clause.where.items()))
    assert "，".join(_where(find(slug), where)) in grounds(clause)
    assert "只作记录" in grounds(clause)
