"""What must be done: duties as data, judged from the records to verdicts."""
