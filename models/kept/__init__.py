"""The registers: what is kept, about one file per archive box.

A register is one class under `@register`, in whichever of these files holds its box. Importing the
room reads every file in it, so no register can be forgotten; their order is that of the boxes, then
of the files. What may enter: declarations, their vocabularies, the rules and scopes that only they
use. Everything that acts on records lies in the rooms above.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from models.core.boxes import Box
from models.core.conditions import check_declared
from models.core.register import JUDGED, REGISTERS, check_all

# Which fields were judged to be open, one register a line; written anew by nobody but people.
for _line in (Path(__file__).parent / "judged.txt").read_text("utf-8").splitlines():
    _slug, _, _names = _line.partition(":")
    JUDGED[_slug] = frozenset(_names.split())
for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")

_place = {box: number for number, box in enumerate(Box)}
_ordered = sorted(REGISTERS.items(), key=lambda entry: _place[entry[1].box])
REGISTERS.clear()
REGISTERS.update(_ordered)
check_all()
check_declared()

__all__ = ["REGISTERS"]
