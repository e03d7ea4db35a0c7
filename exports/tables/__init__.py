"""Workbooks: blank ones to fill in, exported lists, and files returned with reasons."""
