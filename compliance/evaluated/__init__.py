"""考核: a teacher's year, from the stored verdicts to facts, credits and a score.

Nothing is written here but the sums that are kept with the verdicts; what the leadership group does
with a score (`models.school.evaluations`) is no business of this room.
"""
