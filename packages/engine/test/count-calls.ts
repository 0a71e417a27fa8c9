import { plantFunction, type TestDatabase } from '@holdfast/testkit'

/** Counts the calls of a function: {@link callsOf}. */
export async function countCalls(database: TestDatabase, name: string): Promise<void> {
  await database.ownerPool.query('create sequence holdfast.calls')
  await database.ownerPool.query("select setval('holdfast.calls', 1, false)")
  await database.ownerPool.query('grant usage on sequence holdfast.calls to public')
  await plantFunction(database, name, { part: /begin\n/, becomes: "begin\n  perform nextval('holdfast.calls');\n" })
}

/** How often it was called. */
export async function callsOf(database: TestDatabase): Promise<number> {
  const { rows } = await database.ownerPool.query<{ calls: number }>(`
    select case when is_called then last_value else 0 end::integer as calls from holdfast.calls`)
  return rows[0]?.calls ?? 0
}
