"""The engine: what a record, a right, a gate, a rule, a write and a list are.

It knows no register. What a register needs from the engine it says in its declaration; a register's
own rule never enters here.
"""
