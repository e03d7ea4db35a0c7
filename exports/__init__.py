"""What is handed over: tables, PDF documents, albums and the inspection bundle.

Nothing here knows Flask, and nothing here asks the clock: dates are arguments.
"""
