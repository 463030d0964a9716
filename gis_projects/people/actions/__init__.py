"""The only writers of people. ``by`` None is the machine's own operator, who has the command line."""
