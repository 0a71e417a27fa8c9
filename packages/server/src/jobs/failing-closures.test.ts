import { randomUUID } from 'node:crypto'
import { createEngine } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { jobs } from './jobs.ts'

/** A slot of a new clinic, in a closure that no request has applied and that was changed so many minutes ago. */
async function anUnappliedClosure(database: TestDatabase, minutesAgo: number) {
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  await database.ownerPool.query(
    `insert into holdfast.closure (clinic_no, id, resource_id, starts_at, ends_at, created_by, changed_at)
     values ($1, holdfast.new_id($1, now()), $2, $3::timestamptz at time zone 'UTC', $4::timestamptz at time zone 'UTC',
             $5, now() - make_interval(mins => $6))`,
    [doctor.clinicNo, doctor.id, slot.startsAt, slot.endsAt, randomUUID(), minutesAgo],
  )
  const isBlocked = async () => {
    const { rows } = await database.ownerPool.query('select blocked_at from holdfast.slot where id = $1', [slot.id])
    return rows[0].blocked_at !== null
  }
  return { doctor, isBlocked }
}

test('a clinic whose closures fail holds up no other clinic’s, and no external calendar', async ({ database }) => {
  const failing = await anUnappliedClosure(database, 9)
  const other = await anUnappliedClosure(database, 5)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const { clinicNo, id: doctorId } = other.doctor
  await engine.busyCalendars.set({ clinicNo, doctorId, sealedUrl: 'sealed' })
  await plantFunction(database, 'apply_busy_times', {
    part: 'begin',
    becomes: `begin if p_clinic_no = ${failing.doctor.clinicNo} then raise 'planted'; end if;`,
  })
  const requested: string[] = []
  const calendars = {
    sealed: { open: async () => 'https://calendar.example/a.ics' },
    egress: {
      request: async ({ url }: { url: string }) => {
        requested.push(url)
        return { kind: 'failed' as const, reason: 'It does not respond.' }
      },
    },
    onNotice: async () => undefined,
  }
  const job = jobs.find(({ name }) => name === 'calendars')
  const run = job?.work({ pool: database.appPool, auditMonths: 12, log: createLogger('silent'), calendars })
  await expect(run).rejects.toThrow('Closures of 1 clinics were not applied.')
  expect([await failing.isBlocked(), await other.isBlocked()]).toEqual([false, true])
  expect(requested).toEqual(['https://calendar.example/a.ics'])
  await engine.stop()
})
