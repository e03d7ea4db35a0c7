"""The generated pages of every register: list, form, record, history, workbooks, books, photos."""
