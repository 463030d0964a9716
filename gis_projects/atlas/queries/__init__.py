"""What a user may know of layers and sites on the map. Every answer passes the one permission question."""
