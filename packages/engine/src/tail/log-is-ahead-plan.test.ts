import type { TestDatabase } from '@holdfast/testkit'
import { rolledBack } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'

/** The plan of log_is_ahead's query, with or without the function's own settings. */
async function planOf(database: TestDatabase, withSettings: boolean): Promise<string> {
  const { rows } = await database.ownerPool.query<{ body: string; settings: string[] }>(`
    select prosrc as body, proconfig as settings from pg_proc where oid = 'holdfast.log_is_ahead'::regproc`)
  const [found] = rows
  if (found === undefined) throw new Error('log_is_ahead does not exist')
  return rolledBack(database.ownerPool, async (client) => {
    await client.query('set local search_path = holdfast, pg_catalog, pg_temp')
    for (const setting of withSettings ? found.settings : []) {
      const [name = '', value = ''] = setting.split('=')
      if (name !== 'search_path') await client.query('select set_config($1, $2, true)', [name, value])
    }
    const plan = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${found.body}`)
    return plan.rows.map((row) => row['QUERY PLAN']).join('\n')
  })
}

test('log_is_ahead reads partitions without statistics by their index', async ({ database }) => {
  const plan = await planOf(database, true)
  expect(plan).toMatch(/Index (Only )?Scan using booking_event_\S+ on booking_event_y/)
  expect(plan).not.toMatch(/Seq Scan|Bitmap/)
})

test('negative control: without its settings, the planner scans the whole log', async ({ database }) => {
  expect(await planOf(database, false)).toMatch(/Seq Scan on booking_event_y|Bitmap Heap Scan on booking_event_y/)
})
