"""From records to verdicts: the subjects of a duty, what counts for them, the judge, the store."""
