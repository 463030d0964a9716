"""The platform: how a project lives. Rooms top to bottom: disclosure | atlas, reporting, sites, library, people, trail."""
