"""Laid-out documents: an act or a text as one PDF, from templates/documents."""
