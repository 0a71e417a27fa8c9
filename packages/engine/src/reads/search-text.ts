import { type RawBuilder, sql } from 'kysely'

/**
 * Whether an SQL text contains what is searched for: without accents and in lower case on both sides (letters beyond
 * ASCII by the database's locale). `strpos` knows no wildcards, so `%`, `_` and `\` are themselves. `normalize` needs
 * no extension, only a UTF8 database.
 *
 * @param expression SQL of the query's own making
 * @param placeholder such as `$3`
 */
export function containsSql(expression: string, placeholder: string): string {
  return `strpos(${foldedSql(expression)}, ${foldedSql(`${placeholder}::text`)}) > 0`
}

/** {@link containsSql} for Kysely. */
export function contains(expression: string, q: string): RawBuilder<boolean> {
  const [before = '', after = ''] = containsSql(expression, '?').split('?')
  return sql<boolean>`${sql.raw(before)}${q}${sql.raw(after)}`
}

function foldedSql(expression: string): string {
  return `lower(regexp_replace(normalize(${expression}, NFD), '[\\u0300-\\u036f]', '', 'g'))`
}
