"""What verdicts add up to for a reader: progress, trend, burden, the state of a clause."""
