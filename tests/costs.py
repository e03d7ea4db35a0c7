"""What a password and a passphrase cost to check: as the product asks, and as little under test.

A tenth of a second each on purpose; the tests check hundreds.
"""

from models.core import sealing
from models.school import accounts

# Held in test_accounts_edges and test_seal_held.
PASSWORD, PASSPHRASE = accounts.HASH_COST, sealing.SCRYPT_N

accounts.HASH_COST, sealing.SCRYPT_N = "scrypt:1024:8:1", 1024
accounts._DUMMY_HASH = accounts.hash_password("no account has this password")
