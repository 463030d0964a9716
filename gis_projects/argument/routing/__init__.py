"""Who is asked: the routing table read (`reading`), and a case planned by it (`planning`, a pure function)."""
