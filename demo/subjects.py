"""Whom a spec's records are for: the school, each child, each pairing, each class …"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from demo.roll import ChildFacts, Roll
from demo.scene import Scene

ELDERLY = 60
ILLITERATE = "文盲或半文盲"
# How many of the leadership group write records of their own.
LEADERS = 4

# Which children a spec is for, by its word.
ONLY: dict[str, Callable[[Roll, ChildFacts], bool]] = {
    "": lambda _roll, _child: True,
    "poor": lambda _roll, child: child.economy == "困难",
    "elderly": lambda _roll, child: child.guardian_age >= ELDERLY,
    "illiterate": lambda _roll, child: child.guardian_schooling == ILLITERATE,
    "boarding": lambda _roll, child: child.boarding,
    "guarded": lambda _roll, child: child.guardian is not None,
    "reachable": lambda _roll, child: any(kin.phone for kin in child.parents),
}


def subjects(roll: Roll, each: str, day: date) -> list[int]:
    """Return the numbers of those a spec's records are for; a pairing by its child."""
    children = [child for child in roll.children if roll.there(child, day)]
    found: dict[str, Callable[[], list[int]]] = {
        "school": lambda: [0],
        "child": lambda: children,
        "pair": lambda: list(roll.pairs),
        "teacher": lambda: sorted({pair.teacher for pair in roll.pairs.values()}),
        "class": lambda: list(roll.classes),
        "leader": lambda: [roll.principal, roll.vice, *roll.staff[5:7]][:LEADERS],
        "volunteer": lambda: [ref.number for ref in roll.made.get("volunteer", [])],
        "group": lambda: [ref.number for ref in roll.made.get("study-group", [])],
        "room": lambda: [ref.number for ref in roll.made.get("room", [])],
    }
    return found[each]()


def diligence(roll: Roll, each: str, subject: int) -> float:
    """Return how likely it is that whoever answers for the subject does what is asked."""
    if each == "pair":
        return roll.diligence[roll.teacher_of(subject)]
    if each == "child":
        return roll.diligence[roll.leader_of(subject)]
    if each == "class":
        return roll.diligence[roll.classes[subject].leader]
    return roll.diligence.get(subject, 1.0)


def stage(scene: Scene, each: str, only: str, subject: int) -> Scene | None:
    """Return the scene with its subject in it, None when the subject has gone meanwhile."""
    roll = scene.roll
    if each in ("child", "pair"):
        child = roll.children[subject]
        pair = roll.pairs.get(subject)
        gone = not roll.there(subject, scene.day) or (each == "pair" and pair is None)
        if gone or not ONLY[only](roll, child):
            return None
        teacher = pair.teacher if pair and each == "pair" else roll.leader_of(subject)
        pairing = pair.id if pair else 0
        return replace(
            scene,
            child=child,
            teacher=teacher,
            school_class=child.school_class,
            pairing=pairing,
            row={},
        )
    if each == "class":
        leader = roll.classes[subject].leader
        return replace(scene, school_class=subject, teacher=leader, row={})
    if each == "leader":
        child = roll.children[scene.random.choice(scene.present())]
        return replace(scene, teacher=subject, child=child, row={})
    found = replace(scene, row={})
    if each != "school":
        setattr(found, each, subject)
    return found
