"""Pages a school adds of its own, one file each: a `flask_admin.BaseView` and `add_to(panel)`.

Every file in this folder is read at the start (docs/adding.md shows one). The product's own pages
stand in the rooms of what they are about.
"""
