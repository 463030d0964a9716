"""What the public pages load and programs may: without a session, over the restricted database role."""
