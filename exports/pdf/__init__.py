"""The PDF engine: pure functions from data to a PDF file, with no model and no database.

Importing any module of this package is cheap: ReportLab, xhtml2pdf and pypdf load inside the
functions that draw, so that an idle server does not carry them.

- `imprint`: what every page says about its origin.
- `book`: long register tables, `write_book`.
- `html`: laid-out documents, `render_html`.
- `stamp`: the downloader's name on a finished file, `stamp_personal_copy`.
"""
