import { aClinic, aDoctor, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { recordBusyCalendar } from '../calendars/read-busy-calendars.ts'
import { storableOrNull, storableText } from './storable-text.ts'

/** The text contains NUL, and half of a surrogate pair. */
const odd = 'Europe/\u0000Ber\ud83dlin'
const storable = 'Europe/\ufffdBer\ufffdlin'

async function aCalendar(database: TestDatabase) {
  const { clinicNo, id: doctorId } = await aDoctor(database, await aClinic(database))
  const due = { clinicNo, doctorId, sealedUrl: 'sealed', etag: null, lastModified: null }
  await database.appPool.query(sql`insert into holdfast.busy_calendar (clinic_no, resource_id, url)
      values (${clinicNo}, ${doctorId}, ${due.sealedUrl})`)
  const stored = async () => {
    const { rows } = await database.ownerPool.query(sql`
      select left_out_events as "leftOutEvents", problem, etag, last_modified as "lastModified"
       from holdfast.busy_calendar where resource_id = ${doctorId}`)
    return rows[0]
  }
  return { due, stored }
}

test('what PostgreSQL refuses is replaced, and lines and other letters are left', () => {
  expect(storableText(odd)).toBe(storable)
  expect(storableText('Zürich \u{1f600}\n\tأحمد \u001b[2J')).toBe('Zürich \u{1f600}\n\tأحمد \ufffd[2J')
  expect(storableOrNull(null)).toBeNull()
})

test('a calendar with the name of a zone that PostgreSQL cannot store is read', async ({ database }) => {
  const { due, stored } = await aCalendar(database)
  const leftOutEvents = [{ reason: 'unknown_zone' as const, detail: odd, count: 1 }]
  const read = { kind: 'read' as const, busy: [], leftOut: 1, leftOutEvents, etag: odd, lastModified: odd }
  await recordBusyCalendar(database.appPool, due, read)
  expect(await stored()).toMatchObject({
    leftOutEvents: [{ reason: 'unknown_zone', detail: storable, count: 1 }],
    // They are sent back as they are, or not at all.
    etag: null,
    lastModified: null,
  })
})

test('a failure of a calendar with a text that PostgreSQL cannot store is recorded', async ({ database }) => {
  const { due, stored } = await aCalendar(database)
  await recordBusyCalendar(database.appPool, due, { kind: 'failed', reason: 'unreachable', problem: odd })
  expect(await stored()).toMatchObject({ problem: storable })
})
