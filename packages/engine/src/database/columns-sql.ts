import sql, { join, raw, type Sql } from 'sql-template-tag'

/** Values or expressions by column. The names are ours, never a request's. A column that is undefined is left out. */
export type Columns = Readonly<Record<string, unknown>>

/** `(a, b) values ($1, $2)`, for an INSERT. */
export function insertion(columns: Columns): Sql {
  const [names, values] = [[] as Sql[], [] as unknown[]]
  for (const [name, value] of definedColumns(columns)) {
    names.push(raw(name))
    values.push(value)
  }
  return sql`(${join(names, ', ')}) values (${join(values, ', ')})`
}

/** `a = $1, b = $2`, for an UPDATE. At least one column must have a value. */
export function assignments(columns: Columns): Sql {
  return join(
    definedColumns(columns).map(([name, value]) => sql`${raw(name)} = ${value}`),
    ', ',
  )
}

function definedColumns(columns: Columns): [string, unknown][] {
  return Object.entries(columns).filter(([, value]) => value !== undefined)
}
