"""What is ordered: regulations, duties and periods as data, and what a school adopted of them.

Nothing here looks at a record; `judged` does.
"""
