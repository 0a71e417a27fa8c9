import sql, { type Sql } from 'sql-template-tag'

/** The guardians of a column, without their ids, which only erasures use. */
export function guardiansIn(column: Sql): Sql {
  return sql`(select coalesce(jsonb_agg(g.guardian - 'id' order by g.n), '[]')
                from jsonb_array_elements(${column}) with ordinality g(guardian, n))`
}
