import type pg from 'pg'

const schemaName = new RegExp(
  [
    '\\bholdfast(?=\\.)',
    "(?<=')holdfast(?='::regnamespace)",
    "(?<=search_path (?:= |TO '))holdfast\\b",
    '(?<=\\bschema (?:if not exists )?)holdfast\\b',
  ].join('|'),
  'g',
)

/**
 * A statement of the engine, for another schema than `holdfast`: qualified names, casts of the schema's name, and the
 * clauses of functions and grants.
 */
export function statementInSchema(text: string, schema: string): string {
  return text.replace(schemaName, schema)
}

/**
 * The arguments of `client.query`, with the statement in another schema.
 *
 * @throws TypeError for a cursor or a stream, which has its statement inside
 */
export function inSchema(args: readonly unknown[], schema: string): unknown[] {
  const [statement, ...others] = args
  if (typeof statement === 'string') return [statementInSchema(statement, schema), ...others]
  if (typeof statement === 'object' && statement !== null && 'submit' in statement) {
    throw new TypeError('In a shard, statements of cursors and streams cannot be run.')
  }
  const { text, values, ...config } = statement as pg.QueryConfig & { text: string }
  // text and values of sql-template-tag are not its own properties.
  return [{ ...config, text: statementInSchema(text, schema), ...(values === undefined ? {} : { values }) }, ...others]
}
