"""What is done with the school's records as a whole: set-up, accounts, closing a semester, draws.

Steps that write through the service and are called by a page, a command or the nightly job.
"""

from models.school import adults, stretches

__all__ = ["adults", "stretches"]
