import { randomUUID } from 'node:crypto'
import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect, vi } from 'vitest'
import type { NewAuditEvent } from '../model/audit-event.ts'
import { createShardedAuditLog } from './sharded-audit-log.ts'

test('a shard that does not respond is not asked again at once for the roles of accounts', async ({ database }) => {
  const accountId = randomUUID()
  await database.ownerPool.query('insert into holdfast.account_clinic (account_id, clinic_no) values ($1, 5)', [
    accountId,
  ])
  // Nobody listens there.
  const away = new pg.Pool({ host: '127.0.0.1', port: 9 })
  const asked = vi.spyOn(away, 'query')
  const log = createShardedAuditLog(database.appPool, { all: () => [away], of: () => away })
  const event = { kind: 'sign_in', clinicNo: null, actorId: accountId, subjectId: null } as unknown as NewAuditEvent
  for (const times of [1, 1]) {
    // It may have a role there.
    expect(await log.byClinic([event])).toMatchObject([{ clinicNo: 5 }])
    expect(asked).toHaveBeenCalledTimes(times)
  }
  await away.end()
})
