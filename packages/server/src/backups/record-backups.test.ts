import { readUpkeepResults, recordUpkeep } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { BackupRecords } from './record-backups.ts'

const log = createLogger('silent')
const failed = { kind: 'failed', what: 'archive', error: new Error('planted') } as const

test('a failure that could not be recorded is, once the database is back, unprompted', async ({ database }) => {
  const owner = database.ownerPool
  const stopping = new AbortController()
  const records = new BackupRecords({ owner, intervalSeconds: 60, signal: stopping.signal, log })
  await owner.query('alter table holdfast.upkeep_result rename to upkeep_result_away')
  records.onEvent(failed, { isLast: false })
  await owner.query('alter table holdfast.upkeep_result_away rename to upkeep_result')
  const { backup } = await until(
    async () =>
      ((results) => (results.backup.failingSeconds > 0 ? results : undefined))(await readUpkeepResults(owner)),
    'the failure to be recorded',
  )
  expect(backup).toMatchObject({ succeededAt: null, intervalSeconds: 60 })
})

test('after the stop, one attempt is made and then given up', async ({ database }) => {
  const owner = database.ownerPool
  const records = new BackupRecords({ owner, intervalSeconds: 60, signal: AbortSignal.abort(), log })
  await recordUpkeep(owner, 'backup', { succeededAt: new Date(0), isFailing: false })
  await owner.query('alter table holdfast.upkeep_result rename to upkeep_result_away')
  records.onEvent(failed, { isLast: true })
  await records.recorded()
  await owner.query('alter table holdfast.upkeep_result_away rename to upkeep_result')
  expect((await readUpkeepResults(owner)).backup.failingSeconds).toBe(0)
})
