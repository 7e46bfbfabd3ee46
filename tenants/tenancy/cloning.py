"""A schema's definition read from the catalogs and applied under another name.

Faster than migrations by two orders and right where the package's own clone is not: names of
constraints, foreign keys of partitioned tables and identity types are kept. Views, functions
and triggers are not covered; a test fails when the template contains one.
"""

from django.db import connection
from psycopg import sql

_RELATIONS = """
SELECT c.oid, c.relname, c.relkind, pg_get_partkeydef(c.oid), c.relispartition,
       pg_get_expr(c.relpartbound, c.oid),
       (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid),
       array_to_string(c.reloptions, ', ')
FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
ORDER BY c.relispartition, c.oid
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
       a.attgenerated, pg_get_expr(d.adbin, d.adrelid),
       CASE WHEN a.attcollation <> t.typcollation
            THEN (SELECT quote_ident(n.nspname) || '.' || quote_ident(l.collname)
                  FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
                  WHERE l.oid = a.attcollation) END,
       (SELECT s.relname FROM pg_depend p JOIN pg_class s ON s.oid = p.objid AND s.relkind = 'S'
        WHERE p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i'
          AND p.classid = 'pg_class'::regclass)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype
FROM pg_constraint
WHERE connamespace = %s::regnamespace AND conrelid <> 0 AND conparentid = 0
  AND contype IN ('p', 'u', 'c', 'x', 'f')
  AND (contype = 'f' OR NOT EXISTS (SELECT 1 FROM pg_class c
       WHERE c.oid = conrelid AND c.relispartition AND NOT conislocal))
ORDER BY contype = 'f', contype = 'c', conname
"""
_INDEXES = """
SELECT pg_get_indexdef(i.indexrelid), c.relname
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = %s::regnamespace AND NOT c.relispartition
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid
                  AND k.contype IN ('p', 'u', 'x'))
ORDER BY c.relname
"""
_UNSUPPORTED = """
SELECT 'view ' || relname FROM pg_class
 WHERE relnamespace = %(n)s::regnamespace AND relkind IN ('v', 'm')
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = %(n)s::regnamespace
UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = %(n)s::regnamespace AND NOT tgisinternal
"""


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string()


def _column(row: tuple[object, ...]) -> str:
    name, kind, not_null, identity, generated, default, collation, sequence = row
    text = f"{_quoted(str(name))} {kind}"
    if collation:
        text += f" COLLATE {collation}"
    if generated == "s":
        text += f" GENERATED ALWAYS AS ({default}) STORED"
    elif identity:
        mode = "ALWAYS" if identity == "a" else "BY DEFAULT"
        text += f" GENERATED {mode} AS IDENTITY (SEQUENCE NAME {_quoted(str(sequence))})"
    elif default is not None:
        text += f" DEFAULT {default}"
    return text + (" NOT NULL" if not_null else "")


def unsupported_objects(schema: str) -> list[str]:
    """Names of what the cloner would lose; must be empty for the template."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSUPPORTED, {"n": schema})
        return [str(row[0]) for row in cursor.fetchall()]


def build_ddl(schema: str) -> str:
    """The statements that make the same tables in whatever schema is first on the path."""
    statements: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(schema)).as_string()
        )
        cursor.execute(_RELATIONS, [schema])
        for oid, name, kind, key, is_part, bound, parent, options in cursor.fetchall():
            if is_part:
                statements.append(f"CREATE TABLE {_quoted(name)} PARTITION OF {parent} {bound}")
                continue
            cursor.execute(_COLUMNS, [oid])
            columns = ", ".join(_column(row) for row in cursor.fetchall())
            text = f"CREATE TABLE {_quoted(name)} ({columns})"
            if kind == "p":
                text += f" PARTITION BY {key}"
            if options:
                text += f" WITH ({options})"
            statements.append(text)
        cursor.execute(_CONSTRAINTS, [schema])
        late: list[str] = []
        for table, name, definition, kind in cursor.fetchall():
            text = f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name)} {definition}"
            (late if kind == "f" else statements).append(text)
        cursor.execute(_INDEXES, [schema])
        for definition, _name in cursor.fetchall():
            cut = definition.replace(f" ON ONLY {schema}.", " ON ").replace(
                f" ON {schema}.", " ON "
            )
            statements.append(cut.replace(" ON ONLY ", " ON "))
    return ";\n".join([*statements, *late])


def apply_ddl(ddl: str, *, template: str, schema: str) -> None:
    """Makes the schema in the open transaction and copies the template's migration records."""
    new, old = _quoted(schema), _quoted(template)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE SCHEMA {new}; SET LOCAL search_path = {new};\n{ddl};\n"
            f"INSERT INTO {new}.django_migrations OVERRIDING SYSTEM VALUE "
            f"SELECT * FROM {old}.django_migrations;\n"
            f"SELECT setval(pg_get_serial_sequence('{new}.django_migrations', 'id'), "
            f"(SELECT max(id) FROM {new}.django_migrations))"
        )
