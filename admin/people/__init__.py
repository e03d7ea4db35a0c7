"""Who comes in: set-up, signing in and out, accounts, and who may see what."""
