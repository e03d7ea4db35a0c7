"""What stands around every page: doors, menu, errors, settings, the request's own context."""
