"""The documents (文书): each declared with its maker, and the kit they are laid out with.

A maker takes an `Asked` and returns a `Paper`, which is looked at as a page and printed as PDF from
one source. Importing the room reads every file in it, so no document can be forgotten. What may
enter: makers, what several of them share, and nothing that writes.
"""

from importlib import import_module
from pkgutil import iter_modules

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")
