"""Getting ready and being inspected: findings, checklists, regulations, semesters, the bundle."""
