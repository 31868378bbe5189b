"""Lays templates out: lines of at most 120 columns, indented as the elements and the blocks are nested.

`python -m tests.template_layout` rewrites them; with `--check` it says which are not laid out.

Whitespace between inline elements is seen on a page. So a line is broken only where nobody can see it: where there is
whitespace already; between block-level elements and inside flex containers and grids; between attributes; in a
comment; in a text that is translated with `trimmed`.
"""
