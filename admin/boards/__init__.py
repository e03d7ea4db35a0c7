"""How far the duties have come: boards by duty, class, teacher and child, and the teacher's day."""
