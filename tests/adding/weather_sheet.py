"""A document: one declaration with its maker, exports/documents/weather_sheet.py."""

from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper
from exports.documents.sheet import sheets_of


@document(
    "weather-sheet",
    "雨天送返单",
    clauses=("S12-1",),
    source=("weather",),
    about="weather",
    roles=STAFF,
)
def weather_sheet(asked: Asked) -> Paper:
    """What was written down of one rainy day."""
    ((title, html),) = sheets_of(asked.reader, asked.register, asked.records)
    return Paper(title, "雨天送返单", html)
