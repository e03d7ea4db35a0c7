"""The five school documents as data: complete, every clause checked by something."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from compliance.ordered import catalogue, regulations
from compliance.ordered.catalogue import duties, systems_of_registers
from compliance.ordered.papers import DOCUMENTS
from compliance.ordered.regulations import PERMISSIONS, clauses, school_documents, systems
from models.core.errors import BadDeclaration
from models.core.register import find
from models.kept.regulations import SYSTEMS, TOPICS

DATA = Path(__file__).parent / "data"
TABLE = DATA / "clauses.tsv"
TEXTS = tomllib.loads((DATA / "texts.toml").read_text(encoding="utf-8"))
FIVE = ["一", "二.1", "二.2", "三.1", "三.2"]


def expected():
    rows = (line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if line)
    return {code: ((int(first), int(last)), int(number)) for code, first, last, number in rows}


def test_all_53_systems_stand_at_their_place_in_the_source():
    found = {system.id: system.lines for system in systems()}
    assert found == {code: lines for code, (lines, _) in expected().items()}
    assert len(found) == 53
    assert tuple(found) == SYSTEMS


def test_the_277_numbered_clauses_and_the_three_unnumbered_orders_are_there():
    for system in systems():
        numbered = [clause.number for clause in system.clauses if clause.number != "0"]
        count = expected()[system.id][1]
        wanted = FIVE if system.id == "Q25" else [str(n) for n in range(1, count + 1)]
        assert numbered == wanted, system.id
    unnumbered = [code for code in clauses() if code.endswith("-0")]
    assert unnumbered == ["Q04-0", "Q06-0", "Q22-0"]
    assert len(clauses()) - len(unnumbered) == 277


def test_the_five_documents_hold_their_own_systems():
    assert [one.code for one in school_documents()] == list("SGQHZ")
    assert [len(one.systems) for one in school_documents()] == [18, 1, 25, 7, 2]


@pytest.mark.parametrize("clause", clauses().values(), ids=lambda clause: clause.id)
def test_each_clause_is_checked_by_something_that_exists(clause):
    judged = (clause.duties, clause.checklist, clause.permissions, clause.documents)
    assert any(judged) or clause.record_only or clause.text_only
    assert all(find(slug) is not None for slug in clause.registers)
    assert set(clause.permissions) <= set(PERMISSIONS)
    assert clause.registers or not clause.record_only
    assert clause.asks
    assert clause.how_often


def test_only_demands_tagged_as_texts_are_judged_by_the_text_alone():
    judged = {}
    for clause in clauses().values():
        others = (set(clause.duties) - {"documents-on-file"}, clause.checklist, clause.permissions)
        if clause.text_only:
            assert not any(others), clause.id
            assert "T" in clause.kind, clause.id
            judged.setdefault(clause.system, set()).add(clause.text_only)
        elif "documents-on-file" in clause.duties and not any(others):
            assert any(clause.id in ordered for ordered in TEXTS["titles"].values()), clause.id
    assert judged == {system: {topic} for system, topic in TEXTS["systems"].items()}


def test_every_text_has_a_topic_of_its_own_and_no_other_is_asked_for():
    assert len(set(TEXTS["systems"].values())) == len(TEXTS["systems"])
    asked = {}
    for part in next(one for one in duties() if one.code == "documents-on-file").parts:
        (source,) = part.sources
        asked.setdefault(source.where["topic"], set()).update(part.clauses)
    for system, topic in TEXTS["systems"].items():
        ordered = {one.id for one in clauses().values() if one.text_only and one.system == system}
        assert asked.pop(topic) == ordered
    assert asked == {topic: set(ordered) for topic, ordered in TEXTS["titles"].items()}
    assert set(asked) | set(TEXTS["systems"].values()) <= set(TOPICS)


def test_what_counts_nothing_is_record_only_and_never_a_duty():
    kept = {slug for c in clauses().values() if c.record_only for slug in c.registers}
    assert {"behaviour", "upward-report", "reading-material"} <= kept
    named = {slug for clause in clauses().values() for slug in clause.registers}
    assert {"care-centre", "calendar-event", "award"} <= named
    for clause in clauses().values():
        if clause.record_only:
            assert set(clause.duties) <= {"documents-on-file"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "S12-9", "registers": ("talk",)}, "由什么来检查"),
        ({"id": "S12-9", "record_only": True}, "哪个登记"),
        ({"record_only": True, "registers": ("talk",)}, "只作记录"),
        ({"text_only": "学习制度"}, "要有 T"),
        ({"registers": ("talks",)}, "没有登记 talks"),
        ({"permission": "trust-me"}, "没有权限 trust-me"),
        ({"where": {"talk": {"place": "教室"}}}, "不是只作记录的登记"),
    ],
)
def test_a_clause_that_is_checked_by_nothing_stops_the_start(change, said):
    clause = replace(clauses()["S12-1"], registers=(), checklist=())
    with pytest.raises(BadDeclaration, match=rf"S12-[19].*{said}"):
        regulations.check(replace(clause, **change))


def test_which_records_are_meant_is_told_in_words_of_the_register():
    clause = clauses()["S04-4"]
    assert clause.where == {"activity": {"kind": "文体"}}
    with pytest.raises(BadDeclaration, match="没有“文艺”这个选项"):
        regulations.check(replace(clause, where={"activity": {"kind": "文艺"}}))


def test_a_duty_that_names_no_clause_there_is_stops_the_start():
    duty = next(one for one in duties() if one.code == "talk-weekly")
    with pytest.raises(BadDeclaration, match=r"talk-weekly .*S12-99"):
        catalogue.check(replace(duty, clauses=("S12-1", "S12-99")))


def test_a_clause_has_the_duties_and_documents_that_name_it_and_no_others():
    for clause in clauses().values():
        assert set(clause.duties) == {d.code for d in duties() if clause.id in d.clauses}
        named = {d.code for d in DOCUMENTS.values() if clause.id in d.clauses}
        assert set(clause.documents) == named


def test_a_misspelt_key_names_the_system(tmp_path, monkeypatch):
    folder = tmp_path / "regulations"
    folder.mkdir()
    for letter in regulations.LETTERS:
        text = (regulations.DATA / "regulations" / f"{letter}.toml").read_text(encoding="utf-8")
        broken = text.replace("how_often", "how_oft", 1)
        (folder / f"{letter}.toml").write_text(broken, encoding="utf-8")
    monkeypatch.setattr(regulations, "DATA", tmp_path)
    with pytest.raises(BadDeclaration, match=r"S\.toml：S01-1 .*how_often"):
        regulations.school_documents.__wrapped__()


def test_what_a_register_counts_for_is_read_from_the_clauses():
    asked_by = systems_of_registers()
    for clause in clauses().values():
        for slug in clause.registers:
            assert clause.system in asked_by[slug], (clause.id, slug)
    for duty in duties():
        read = {source.register for source in duty.sources}
        for slug, code in ((slug, clause) for slug in read for clause in duty.clauses):
            assert code.partition("-")[0] in asked_by[slug], (duty.code, slug)
    # Nothing else: a talk is asked for by no clause on hardware.
    assert "S01" not in asked_by["talk"]
    assert all(list(of) == sorted(of, key=_place) for of in asked_by.values())


def _place(system):
    return [one.id for one in systems()].index(system)
