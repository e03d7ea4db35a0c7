"""教师考核: the year from its opening to the published result, the sheet, a teacher's own year."""
