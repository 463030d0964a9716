"""Rewrites one photo or video so that nothing is left of it but its picture. Runs alone, confined.

A photo is decoded, turned as its camera meant it, scaled and encoded anew: no byte of the file is copied. A video that
browsers play is copied packet by packet without what cameras write between the frames (SEI), without its other tracks
(sound carries voices, data tracks carry positions) and into a new container; any other is filmed off frame by frame
first, where that was asked for. The last line of stderr says what was found.
"""
