"""The inspection bundle: what belongs in it, what is missing, and the package itself.

`declaration` reads what is asked for, `survey` finds what is there, `build` makes the files and
`bag` packs them.
"""
