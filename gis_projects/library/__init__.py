"""What is proposed: projects, their kinds and their money."""
