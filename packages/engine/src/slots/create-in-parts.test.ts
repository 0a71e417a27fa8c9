import { aClinic, aDoctor } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { DatabaseUnavailable } from '../database/database-unavailable.ts'
import type { SlotDraft } from '../model/slot.ts'
import { createInParts } from './create-in-parts.ts'
import { createSlots } from './create-slots.ts'

const start = Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 86_400_000

/** Drafts from the latest to the earliest, in quarters of an hour; each twice, and every third overlaps the next. */
function draftsOf(count: number): SlotDraft[] {
  const draft = (n: number, minutes: number): SlotDraft => ({
    startsAt: new Date(start + n * 900_000),
    endsAt: new Date(start + n * 900_000 + minutes * 60_000),
    capacity: 1,
  })
  return Array.from({ length: count }, (_, n) => count - n).flatMap((n) => [
    draft(n, 15),
    draft(n, 15),
    ...(n % 3 === 0 ? [draft(n, 20)] : []),
  ])
}

test('many slots are created in several transactions, with the result of one call', async ({ database, doctor }) => {
  const drafts = draftsOf(520)
  const request = { doctorId: doctor.id, drafts, dryRun: false }
  const dry = await createSlots(database.appPool, { ...request, dryRun: true })
  const positions: string[] = []
  const result = await createInParts(database.appPool, request, (position) => positions.push(position))
  expect(positions).toHaveLength(3)
  expect(new Set(positions).size).toBe(3)
  expect(result).toMatchObject({ created: 520, skipped: dry.skipped, conflicts: dry.conflicts, position: positions[2] })
  expect(result.items.map(({ outcome }) => outcome)).toEqual(dry.items.map(({ outcome }) => outcome))
  expect(result.items.map(({ startsAt }) => startsAt)).toEqual(drafts.map(({ startsAt }) => startsAt))
})

test.for<[string, Error]>([
  ['loses its connection', new Error('Connection terminated unexpectedly')],
  ['cannot connect', Object.assign(new Error('getaddrinfo EAI_FAIL db'), { code: 'EAI_FAIL', syscall: 'getaddrinfo' })],
])('if a later part %s, the outcome is unknown; a repetition goes on', async ([, failure], { database }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const request = { doctorId: doctor.id, drafts: draftsOf(520), dryRun: false }
  let calls = 0
  const pool: pg.Pool = Object.create(database.appPool, {
    query: {
      value: (statement: pg.QueryConfig) => {
        calls += 1
        return calls === 2 ? Promise.reject(failure) : database.appPool.query(statement)
      },
    },
  })
  const failed = await createInParts(pool, request, () => undefined).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(DatabaseUnavailable)
  expect(failed).toMatchObject({ outcomeUnknown: true })
  const repeated = await createInParts(database.appPool, request, () => undefined)
  expect(repeated.created).toBeGreaterThan(0)
  expect(repeated.created).toBeLessThan(520)
  expect((await createInParts(database.appPool, request, () => undefined)).created).toBe(0)
})
