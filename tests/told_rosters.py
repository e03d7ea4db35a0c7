"""What a roster was read as, in words that stand in a file of expected values."""

from __future__ import annotations

from models.core import codes
from models.core.errors import BadFile
from models.core.values import class_label
from models.intake import read_roster

PEOPLE = {"51": "father", "52": "mother", "57": "stepfather", "58": "stepmother"}
# What nearly every short sheet lacks says nothing about how it was read.
ROUTINE = ("guardian-missing", "phone-missing", "id-missing", "id-column")


def told_roster(data, answers=None):
    """The whole file: the error, or its rows by place, what was skipped, what concerns it all."""
    try:
        roster = read_roster(data, answers)
    except BadFile as error:
        return {"error": str(error)}
    told = {"rows": {}}
    for row in roster.rows:
        place = f"{row.sheet} {row.number}"
        while place in told["rows"]:
            place += "'"
        told["rows"][place] = told_row(row)
    if roster.skipped:
        told["skipped"] = [f"{sheet} {number} {why}" for sheet, number, why in roster.skipped]
    file = [problem.message for problem in roster.warnings if problem.code not in ROUTINE]
    return told | ({"file": file} if file else {})


def told_row(row):
    """One row: what it says of the pupil and the family, and what is wrong with it."""
    pupil, guardian = row.pupil, row.guardian
    placed = pupil.grade and pupil.class_number
    facts = {
        "name": pupil.name,
        "sex": codes.SEX.label(pupil.sex),
        "birth": f"{pupil.birth:%Y-%m-%d}" if pupil.birth else "",
        "id": pupil.id_number,
        "class": class_label(pupil.grade, pupil.class_number) if placed else "",
        "entry": "级".join(map(str, pupil.entry_class)) if pupil.entry_class else "",
        "ethnic": codes.ETHNIC.label(pupil.ethnic),
        "boarding": codes.BOARDING.label(pupil.boarding),
        "address": pupil.home_address,
        "registered": pupil.registered_address,
        "phone": "、".join(pupil.phones),
        "left_behind": codes.LEFT_BEHIND.label(row.left_behind),
    }
    for parent in row.parents:
        who = PEOPLE[parent.relation]
        facts |= {who: parent.name, f"{who}.phone": "、".join(parent.phones)}
        said = "" if parent.inferred else codes.PARENT_STATE.label(parent.state)
        facts |= {f"{who}.state": said, f"{who}.place": parent.place}
    if guardian is not None:
        facts |= {
            "guardian": guardian.name,
            "guardian.relation": codes.RELATION.label(guardian.relation),
            "guardian.phone": "、".join(guardian.phones),
            "guardian.address": guardian.address,
        }
    facts["others"] = "、".join(f"{other.name} {'、'.join(other.phones)}" for other in row.others)
    facts["refused"] = "、".join(problem.code for problem in row.errors)
    warned = [f"{p.field}:{p.code}" for p in row.warnings if p.code not in ROUTINE]
    facts["warned"] = "、".join(warned)
    return {name: value for name, value in facts.items() if value}
