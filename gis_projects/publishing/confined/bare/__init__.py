"""Rewrites one attached file so that it says nothing of who made it, where and with what. Runs alone, confined.

Documents of Word and Excel (ECMA-376) lose the parts and attributes that name people, firms, paths and printers; a PDF
(ISO 32000) its information, XMP and private data of programs; pictures, in documents too, all but their picture. What
can't be left out without changing what the file says is refused. The last line of stderr says how it went.
"""
