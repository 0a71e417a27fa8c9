import { randomUUID } from 'node:crypto'
import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect, vi } from 'vitest'
import { changeDatabaseUrl } from '../database/database-url.ts'
import type { NewAuditEvent } from '../model/audit-event.ts'
import { createShardedAuditLog } from './sharded-audit-log.ts'

const unusable = [
  // Nobody listens there.
  { what: 'does not respond', urlOf: () => 'postgres://nobody@127.0.0.1:9/none' },
  {
    what: 'refuses the login',
    urlOf: (appUrl: string) => changeDatabaseUrl(appUrl, { user: 'nobody', password: 'nothing' }),
  },
]

test.for(unusable)('a shard that $what is not asked again at once for roles', async ({ urlOf }, { database }) => {
  const accountId = randomUUID()
  await database.ownerPool.query('insert into holdfast.account_clinic (account_id, clinic_no) values ($1, 5)', [
    accountId,
  ])
  const away = new pg.Pool({ connectionString: urlOf(database.appUrl) })
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
