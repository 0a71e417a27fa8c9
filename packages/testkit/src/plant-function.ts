import type { BuilderDatabase } from './builders.ts'

/**
 * Replaces parts of one of the engine's SQL functions in this database, for a negative control: the mistake that a test
 * has to notice.
 *
 * @throws Error when a part isn't there: a control that plants nothing would show nothing
 */
export async function plantFunction(
  database: BuilderDatabase,
  name: string,
  ...changes: { part: string | RegExp; becomes: string }[]
): Promise<void> {
  const { rows } = await database.ownerPool.query<{ source: string }>(
    `select pg_get_functiondef(oid) as source from pg_proc
      where pronamespace = 'holdfast'::regnamespace and proname = $1`,
    [name],
  )
  const [only, ...others] = rows
  if (only === undefined || others.length > 0) throw new Error(`There are ${rows.length} functions holdfast.${name}.`)
  let source = only.source
  for (const { part, becomes } of changes) {
    const planted = source.replace(part, becomes)
    if (planted === source) throw new Error(`holdfast.${name} has no part ${part}, or it is so already.`)
    source = planted
  }
  await database.ownerPool.query(source)
}
