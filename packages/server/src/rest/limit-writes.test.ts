// Completeness: a write is not within the limit of its clinic, and this test does not list it
import { expect } from 'vitest'
import { aScene, type Ids, operations, send } from '../../test/access-scene.ts'
import { type OperationId, startRestApp } from '../../test/rest-app.ts'
import { test as restTest } from '../../test/rest-test.ts'
import { theatreDay } from '../../test/theatre-scene.ts'

/** `full`: an app whose clinics accept no further write. */
const test = restTest.extend('full', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const limitClinic = async () => ({ kind: 'overloaded' as const, retryAfterSeconds: 1 })
  const full = await startRestApp(database, { replaced: { limitClinic } })
  onCleanup(() => full.stop())
  return full
})

/** The engine limits them itself, or has queues for them. */
const inEngine: OperationId[] = [
  'createBooking',
  'confirmBooking',
  'extendBooking',
  'cancelBooking',
  'rescheduleBooking',
  'arriveBooking',
  'completeBooking',
  'noShowBooking',
  'reopenBooking',
  'linkBooking',
  'createCase',
  'checkCase',
  'confirmCase',
  'cancelCase',
  'moveCase',
  'swapCases',
  'bumpCases',
  'extendCase',
  'recordMilestone',
]

/** Their requests have no id of a clinic, or of something in one. */
const ofNoClinic: OperationId[] = [
  'acceptInvitation',
  'createClinic',
  'createMyCalendarFeed',
  'deleteMyCalendarFeed',
  'getInvitation',
  'setMyMessageChoices',
]

const patient = { name: 'Ada' }
const email = 'ada@example.org'
const token = `hfu_${'A'.repeat(43)}`

/** Of the writes that are open to anyone. */
const bodies: Partial<Record<OperationId, (ids: Ids) => object>> = {
  createBooking: ({ slotId }) => ({ slotId, patient }),
  createWaitlistEntry: ({ clinicId, doctorId }) => ({ clinicId, doctorId, from: theatreDay, to: theatreDay, patient }),
  sendTicketLink: ({ clinicId }) => ({ clinicId, reference: '004E-81F2', day: theatreDay, email }),
  sendWaitlistLinks: ({ clinicId }) => ({ clinicId, email }),
  chooseReminders: ({ bookingId }) => ({ bookingId, token, reminders: true }),
  leaveWaitlistByLink: ({ entryId }) => ({ entryId, token }),
}

test('every write is within the concurrency limit of its clinic, but for those listed here', async ({
  database,
  full,
}) => {
  const scene = await aScene(database, full)
  const elsewhere: OperationId[] = []
  for (const [id, { method }] of operations) {
    if (method === 'GET') continue
    const body = bodies[id]?.(scene.ids)
    const reply = await (body ? full.call(id, { body }) : send(full, id, scene.ids, { as: scene.site }))
    if (reply.status < 300 || reply.problem.code !== 'overloaded') elsewhere.push(id)
  }
  expect(elsewhere.sort()).toEqual([...inEngine, 'testWebhook', ...ofNoClinic].sort())
})
