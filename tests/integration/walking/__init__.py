"""One project through libraries, arguments, an expert review and the committee together."""
