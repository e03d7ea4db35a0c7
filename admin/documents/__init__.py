"""The pages of the documents: which there are, one to look at, its PDF.

What a document says is made in `exports/documents`; here only who may open it, for which records,
and that it is logged.
"""
