"""A database's schema as sorted lines, to compare two: tables, columns, indexes, constraints, statistics, functions."""

from __future__ import annotations

from typing import Final

import asyncpg

_LINES: Final = """
    SELECT format('table %s %s %s %s', c.relname, c.relkind, pg_get_expr(c.relpartbound, c.oid),
        pg_get_partkeydef(c.oid))
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S')
    UNION ALL
    SELECT format('column %s %s %s %s null=%s default=%s %s', c.relname, a.attnum, a.attname,
        format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('constraint %s on %s: %s', n.conname, n.conrelid::regclass, pg_get_constraintdef(n.oid))
    FROM pg_constraint n WHERE n.connamespace = 'public'::regnamespace AND n.contype <> 'n' AND n.conrelid <> 0
    UNION ALL
    SELECT pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s WHERE s.stxnamespace = 'public'::regnamespace
    UNION ALL
    SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
"""


async def schema_text(connection: asyncpg.Connection) -> list[str]:
    """Return the lines of everything in the database but the migrations' own tables."""
    lines = [str(row[0]) for row in await connection.fetch(_LINES)]
    return sorted(line for line in lines if "_pogo_" not in line)
