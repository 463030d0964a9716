"""The only writers of the library. ``by`` None is the machine's own operator, who has the command line."""
