"""Lays out and checks the console's JavaScript and CSS, with Biome: one program, no plugins, pinned in the lock file.

`python -m tests.static_layout` rewrites them; with `--check` it says what is wrong. The rules that are off: the styles
use `!important` where an element is hidden in any case; they order rules by what they are about, in layers; and the
time zone is kept in a cookie, which every browser can write that way.
"""
