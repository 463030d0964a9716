"""How many entities the blocks of a DXF drawing unfold to, counted before anything is unfolded."""

from itertools import islice

_SCANNED = 64 << 20  # characters; blocks stand before the entities


def unfolded(path: str, limit: int) -> int:
    """Entities of the largest block with all blocks and grids of blocks in it; stops counting past the limit."""
    plain: dict[str, int] = {}
    inserts: dict[str, list[tuple[str, int]]] = {}
    block, entity = "", ""
    name, columns, rows, waiting = "", 1, 1, False

    def close() -> None:
        if entity == "INSERT" and block:
            inserts.setdefault(block, []).append((name, max(columns, 1) * max(rows, 1)))

    with open(path, encoding="latin-1", newline=None) as file:
        lines = islice(iter(lambda: file.readline(4096), ""), _SCANNED // 8)
        for code, value in zip(lines, lines, strict=False):
            code, value = code.strip(), value.strip()
            if code == "0":
                close()
                entity, name, columns, rows = value, "", 1, 1
                if entity == "BLOCK":
                    block, waiting = "", True
                elif entity == "ENDBLK":
                    block = ""
                elif entity == "ENDSEC" and plain:
                    break
                elif block:
                    plain[block] = plain.get(block, 0) + 1
            elif code == "2" and waiting:
                block, waiting = value.upper(), False
                plain.setdefault(block, 0)
            elif code == "2" and entity == "INSERT":
                name = value.upper()
            elif code in ("70", "71") and entity == "INSERT" and value.lstrip("-").isdigit():
                columns, rows = (int(value), rows) if code == "70" else (columns, int(value))
    return max((_size(one, plain, inserts, {}, limit) for one in plain), default=0)


def _size(
    block: str,
    plain: dict[str, int],
    inserts: dict[str, list[tuple[str, int]]],
    known: dict[str, int],
    limit: int,
) -> int:
    if block in known:
        return known[block]
    known[block] = 0  # a block in itself is left out by the driver
    total = plain.get(block, 0)
    for name, times in inserts.get(block, []):
        total += times * _size(name, plain, inserts, known, limit)
        if total > limit:
            break
    known[block] = total
    return total
