"""The platform: how a project lives.

Rooms from top to bottom: disclosure | atlas, reporting, sites, library, people, trail.
"""
