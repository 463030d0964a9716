"""The only writers of the desk beside the follower of the trail."""
