"""The JavaScript engine: a plan as the source of one function. Loops stay loops.

`source` walks the units; `operations` is the table of how each operation is said, `moves` has those of its lines that
only move numbers; `strided` writes the loops over an array's numbers, `text` what stands in the source as it is, and
`runtime.js` what the source brings along.
"""
