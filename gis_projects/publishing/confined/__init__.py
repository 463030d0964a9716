"""What runs beside one untrusted file, in a process that can reach nothing else (`layers.reading.sandbox`).

These scripts import nothing of the platform: they stand alone inside.
"""
