"""Where it is proposed: the boundary and check pages of a project."""
