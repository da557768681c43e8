"""What an explorer computes and shows: programs of a run's step or of a function, sliders, a picture with room.

`steps` and `functions` say what a page's numbers are, as traced programs; `sliders` finds what a name names, `picture`
draws the boxes wide enough for any number. The page itself is in `viz/pages`, the door in `viz/explore.py`.
"""
