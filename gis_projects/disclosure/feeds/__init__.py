"""What is new, corrected and withdrawn, for readers and for other portals: Atom, RSS and JSON Feed.

`sources` says what there is to tell, `feeds` merges it newest first, `writing` puts it into the three formats. A thing
keeps its id through every correction; a withdrawn one is there with its id and the time, and nothing else.
"""
