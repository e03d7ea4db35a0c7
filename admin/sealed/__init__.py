"""The counsellor's pages, behind a door of their own."""
