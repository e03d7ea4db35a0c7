"""What is recorded: registers, the two gates, the write path, the calendar, accounts, the audit."""
