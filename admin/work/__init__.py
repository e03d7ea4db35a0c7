"""Long work: the worker, what wakes it, and the jobs it does."""
