"""The public pages. Everything on them is read over the public's own database role; nobody is asked who they are."""
