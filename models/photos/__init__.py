"""Photos as files: taken in, tied to a record, shown to whom they may be shown, captioned.

The register of photos itself stands in `models.kept.photos`.
"""
