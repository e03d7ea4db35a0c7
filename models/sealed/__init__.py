"""Sealed counselling: the keys, the requests that need a second person, sessions opened and shut.

The encryption is the engine's (`models.core.sealing`), the registers stand in
`models.kept.counselling`. Nothing outside this room handles the data key.
"""
