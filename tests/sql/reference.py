#!/usr/bin/env python3
"""reference.py [--write]

Compares the generated part of docs/reference/sql.md with the catalog of the database that psql's variables name; --write brings the
page up to date. What stands there comes from the comments in db/, so that is where to change it.
"""

import os
import pathlib
import sys

import psycopg2

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference" / "sql.md"
BEGIN = "<!-- generated from the catalog: tests/sql/reference.py --write -->\n"
END = "<!-- end of the generated part -->\n"
ROLES = ("reader", "writer", "daemon", "admin")
TABLES = [
    "stores", "vendors", "categories", "products", "inventory_stock", "stock_ledger", "inventory_event", "daemons", "settings",
    "epoch", "units", "stock_documents", "stock_document_lines", "stock_remainders", "stock_remainder_steps",
    "inventory_deduction_idempotency", "operation_refusals", "stock_reservations", "stock_holds", "recipes", "recipe_ingredients",
    "conversion_mappings", "inventory_deductions", "inventory_deduction_parts", "inventory_compensation_log", "lot_policies",
    "stock_lots", "stock_lot_entries", "offline_transaction_queue", "offline_queue_decisions", "stock_version_kept",
    "stock_findings", "stock_verifications", "stock_verified", "stock_lots_verified", "store_access",
    "folded_stock", "folded_products", "folded_store_categories", "folded_alerts", "folded_stores", "folded_analytics", "sales_by_day",
    "fold_state", "rebuild_requests",
    "incarnation_token", "imports", "import_batches", "import_sources", "import_line_ids",
    "import_staging", "schema_migration", "schema_repeatable",
]  # fmt: skip


VIEWS = [
    "inventory_summary_mv", "inventory_summary_now", "inventory_by_shop_mv", "inventory_by_shop_now", "inventory_by_shop_category_mv",
    "inventory_by_shop_category_now", "inventory_positions", "low_stock_alerts_mv", "low_stock_alerts_now", "inventory_analytics_mv",
    "view_freshness",
]  # fmt: skip


def cell(text):
    return (text or "").replace("|", "\\|").replace("\n", " ")


def columns(cursor, table):
    cursor.execute(
        """
        select
            a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
            case
                when a.attidentity <> '' then 'generated key'
                when a.attgenerated <> '' then 'generated'
                when not a.attnotnull then 'null'
                else coalesce('default ' || pg_get_expr(d.adbin, d.adrelid), 'required')
            end,
            col_description(a.attrelid, a.attnum)
        from pg_attribute as a
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """,
        ("inventory." + table,),
    )
    return cursor.fetchall()


def privileges(cursor, table):
    """By role, what it may do beyond the roles that it is a member of; columns where it is not the whole table."""
    said = []
    inherited = {"reader": (), "writer": ("reader",), "daemon": ("reader",), "admin": ("writer", "daemon")}
    for role in ROLES:
        may = []
        for privilege in ("select", "insert", "update", "delete", "truncate"):
            cursor.execute("select has_table_privilege(%s, %s, %s)", (f"inventory_{role}", f"inventory.{table}", privilege))
            whole = cursor.fetchone()[0]
            cursor.execute(
                "select bool_or(has_table_privilege(r, %s, %s)) from unnest(%s::text[]) as r",
                (f"inventory.{table}", privilege, [f"inventory_{r}" for r in inherited[role]]),
            )
            if whole and not cursor.fetchone()[0]:
                may.append(privilege)
            elif not whole and privilege in ("select", "insert", "update"):
                cursor.execute(
                    """
                    select string_agg(a.attname::text, ', ' order by a.attnum)
                    from pg_attribute as a
                    where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped
                        and has_column_privilege(%(role)s, a.attrelid, a.attnum, %(privilege)s)
                        and not coalesce((
                            select bool_or(has_column_privilege(r, a.attrelid, a.attnum, %(privilege)s))
                            from unnest(%(inherited)s::text[]) as r
                        ), false)
                    """,
                    {
                        "table": f"inventory.{table}", "role": f"inventory_{role}", "privilege": privilege,
                        "inherited": [f"inventory_{r}" for r in inherited[role]],
                    },
                )
                named = cursor.fetchone()[0]
                if named:
                    may.append(f"{privilege} ({named})")
        if may:
            said.append(f"{role}: {', '.join(may)}")
    return "; ".join(said) or "none of the four roles"


def functions(cursor, internal):
    cursor.execute(
        """
        select
            p.oid::regprocedure::text,
            p.proname || '(' || pg_get_function_arguments(p.oid) || ')',
            pg_get_function_result(p.oid),
            obj_description(p.oid, 'pg_proc'),
            (
                select string_agg(r.name, ', ' order by r.place)
                from unnest(%s::text[]) with ordinality as r (name, place)
                where has_function_privilege('inventory_' || r.name, p.oid, 'execute')
            )
        from pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace and p.prorettype <> 'trigger'::regtype
            and (p.proname like '\\_%%') = %s
        order by p.proname, 1
        """,
        (list(ROLES), internal),
    )
    return cursor.fetchall()


def generate(cursor):
    lines = ["## Tables\n\n"]
    for table in TABLES:
        cursor.execute("select obj_description(%s::regclass, 'pg_class')", ("inventory." + table,))
        lines.append(f"### {table}\n\n{cursor.fetchone()[0]}\n\n")
        lines.append(f"Privileges: {privileges(cursor, table)}.\n\n| column | type | value | |\n| --- | --- | --- | --- |\n")
        for name, kind, value, comment in columns(cursor, table):
            shown = f"`{cell(value)}`" if value.startswith("default ") else value
            lines.append(f"| `{name}` | {kind} | {shown} | {cell(comment)} |\n")
        lines.append("\n")
    lines.append("## Views\n\n")
    for view in VIEWS:
        cursor.execute("select obj_description(%s::regclass, 'pg_class')", ("inventory." + view,))
        lines.append(f"### {view}\n\n{cursor.fetchone()[0]}\n\nPrivileges: {privileges(cursor, view)}.\n\n| column | type | |\n| --- | --- | --- |\n")
        for name, kind, _, comment in columns(cursor, view):
            lines.append(f"| `{name}` | {kind} | {cell(comment)} |\n")
        lines.append("\n")
    lines.append("## Functions\n\n")
    for _, signature, result, comment, roles in functions(cursor, internal=False):
        lines.append(f"### {signature.split('(')[0]}\n\n```sql\ninventory.{signature} returns {result}\n```\n\n{comment}\n\n")
        lines.append(f"Executed by: {roles or 'the schema itself'}.\n\n")
    lines.append("## Functions of the programs\n\nFor stockd and stockctl, and of the triggers. They may change with any version.\n\n")
    lines.append("| function | executed by | |\n| --- | --- | --- |\n")
    for name, _, _, comment, roles in functions(cursor, internal=True):
        lines.append(f"| `{cell(name)}` | {roles or 'the schema itself'} | {cell(comment)} |\n")
    lines.append("\n## Triggers\n\nAll fire ALWAYS, whatever `session_replication_role` is.\n\n| table | trigger | |\n| --- | --- | --- |\n")
    cursor.execute(
        """
        select c.relname, t.tgname, obj_description(t.oid, 'pg_trigger')
        from pg_trigger as t
        join pg_class as c on c.oid = t.tgrelid
        where c.relnamespace = 'inventory'::regnamespace and not t.tgisinternal and t.tgparentid = 0
        order by 1, 2
        """
    )
    for table, trigger, comment in cursor.fetchall():
        lines.append(f"| `{table}` | `{trigger}` | {cell(comment)} |\n")
    lines.append("\n## Rows of settings\n\n| name | value | |\n| --- | --- | --- |\n")
    cursor.execute("select name, value, description from inventory.settings order by name")
    for name, value, description in cursor.fetchall():
        lines.append(f"| `{name}` | `{value}` | {cell(description)} |\n")
    return "".join(lines) + "\n"


def main():
    with psycopg2.connect(dbname=os.environ["PGDATABASE"]) as connection, connection.cursor() as cursor:
        cursor.execute("set search_path = pg_catalog")
        cursor.execute(
            "select relname from pg_class where relnamespace = 'inventory'::regnamespace and relkind in ('r', 'p') and not relispartition"
        )
        unlisted = {row[0] for row in cursor.fetchall()} - set(TABLES)
        if unlisted:
            sys.exit(f"reference.py does not list {', '.join(sorted(unlisted))}")
        wanted = generate(cursor)
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    found, tail = rest.split(END)
    if found == wanted:
        return
    if "--write" not in sys.argv[1:]:
        for old, new in zip(found.splitlines(), wanted.splitlines()):
            if old != new:
                print(f"- {old}\n+ {new}")
                break
        sys.exit(f"{PAGE.name} is not what the catalog says: run tests/sql/reference.py --write against a migrated database")
    PAGE.write_text(head + BEGIN + wanted + END + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
