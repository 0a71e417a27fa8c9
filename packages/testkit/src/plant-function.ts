import sql from 'sql-template-tag'
import type { BuilderDatabase } from './builders.ts'

/**
 * Plants a bug: replaces parts of one of the engine's SQL functions in this database, as a negative control that a test
 * has to detect.
 *
 * @throws Error if a part is not found: a control that changes nothing proves nothing
 */
export async function plantFunction(
  database: BuilderDatabase,
  name: string,
  ...changes: { part: string | RegExp; becomes: string }[]
): Promise<void> {
  const { rows } = await database.ownerPool.query<{ source: string }>(sql`
    select pg_get_functiondef(oid) as source from pg_proc
     where pronamespace = 'holdfast'::regnamespace and proname = ${name}`)
  const [only, ...others] = rows
  if (only === undefined || others.length > 0) throw new Error(`There are ${rows.length} functions holdfast.${name}.`)
  let source = only.source
  for (const { part, becomes } of changes) {
    const planted = source.replace(part, becomes)
    if (planted === source) throw new Error(`holdfast.${name} has no part ${part}, or replacing it changes nothing.`)
    source = planted
  }
  await database.ownerPool.query(source)
}

/**
 * Makes claims in this database keep what they have read, however long they wait for a lock. Otherwise they read it
 * again after 20 ms: claim-rules-changed.test.ts.
 */
export function neverReadAgain(database: BuilderDatabase): Promise<void> {
  return plantFunction(database, 'claim_facts_age_max', { part: "'00:00:00.02'", becomes: "'1 day'" })
}
