"""The checklists of an inspection: hardware (S01, S02), archive items (S03), the scoring sheet."""
