"""Every route, as every role, with values nobody means well."""
