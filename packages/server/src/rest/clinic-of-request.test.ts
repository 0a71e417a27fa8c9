// Completeness: an operation's `clinic` names no id that its requests have
import { type Operation, restOperations } from '@holdfast/contract'
import { clinicNoIn, newId } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { newFeedFileName } from '../secrets/calendar-feed-tokens.ts'
import { newInvitationToken } from '../secrets/invitation-tokens.ts'
import { clinicNoOfCall } from './clinic-of-request.ts'
import { namedIdOf } from './guards/named-id.ts'

const operations: readonly Operation[] = Object.values(restOperations)

type Properties = { required?: string[]; properties?: Record<string, { format?: string }> }

/** Whether the path names a clinic: the ids of an account and of whom it books for do not. */
function hasPathOfClinic({ params }: Pick<Operation, 'params'>): boolean {
  return idsIn(params).some((name) => name !== 'accountId' && name !== 'personId')
}

const hasField = (part: unknown, name: string) => (part as Properties).properties?.[name]?.format === 'uuid'

function idsIn(part: unknown): string[] {
  const { required = [], properties = {} } = (part ?? {}) as Properties
  return required.filter((name) => properties[name]?.format === 'uuid')
}

/** Operations whose requests need not have the id that names their clinic. */
const unnamed = (all: readonly Operation[]) =>
  all
    .filter((operation) => {
      const { clinic } = operation
      if (clinic === undefined) return !hasPathOfClinic(operation)
      if (typeof clinic !== 'object' || !('body' in clinic)) return false
      // Of several fields, the handler requires one.
      return typeof clinic.body === 'string'
        ? !idsIn(operation.body).includes(clinic.body)
        : clinic.body.some((name) => !hasField(operation.body, name))
    })
    .map(({ id }) => id)

test('each operation served by a clinic’s shard has the id that names the clinic', () => {
  expect(unnamed(operations)).toEqual([])
})

test('negative control: an operation without the id is found', () => {
  const { listMyBookings, getBooking, createWaitlistEntry } = restOperations
  const { clinic: _, ...withoutSource } = listMyBookings
  expect(unnamed([withoutSource, getBooking])).toEqual(['listMyBookings'])
  expect(unnamed([{ ...createWaitlistEntry, clinic: { body: 'doctorId' } }])).toEqual(['createWaitlistEntry'])
})

test('each operation whose path or body always names a clinic is served by the clinic’s shard', () => {
  const named = operations.filter((operation) => hasPathOfClinic(operation) || idsIn(operation.body).length > 0)
  expect(named.filter(({ clinic }) => clinic === 'none').map(({ id }) => id)).toEqual([])
  expect(named.length).toBeGreaterThan(100)
})

const noOf = (
  id: keyof typeof restOperations,
  call: Parameters<typeof clinicNoOfCall>[1],
  of: Parameters<typeof clinicNoOfCall>[2] = directory,
) => clinicNoOfCall(restOperations[id] as Operation, call, of)

const directory = { calendarFeeds: { open: async () => null } } as unknown as Parameters<typeof clinicNoOfCall>[2]

test('the path decides, or the field that names what is written; never a text that looks like an id', () => {
  const [one, other] = [newId(7), newId(8)]
  const calls: [keyof typeof restOperations, object, number | null][] = [
    ['getBooking', { params: { bookingId: one } }, 7],
    ['rescheduleBooking', { params: { bookingId: one }, body: { slotId: other } }, 7],
    ['createBooking', { body: { slotId: other } }, 8],
    ['createBooking', { body: { reason: one, slotId: other, patient: { name: one } } }, 8],
    ['createDoctor', { body: { name: one, specialization: one, clinicId: other } }, 8],
    ['createWaitlistEntry', { body: { specialization: one, clinicId: other } }, 8],
    ['createBooking', { body: { slotId: 'x' } }, null],
    ['removeMember', { params: { clinicId: one, accountId: 'a8098c1a-f86e-41da-bd1a-00112444be1e' } }, 7],
    ['getBooking', { params: { bookingId: 'a8098c1a-f86e-41da-bd1a-00112444be1e' } }, null],
    ['listMyBookings', { query: { limit: 10 } }, null],
  ]
  for (const [id, call, clinicNo] of calls) expect(noOf(id, call), id).toBe(clinicNo)
})

test('doctors are listed by the shard of the clinic, and by the directory if the query names none', () => {
  expect(noOf('listDoctors', { query: { clinicId: newId(9) } })).toBe(9)
  expect(noOf('listDoctors', { query: {} })).toBeNull()
  // A refusal is recorded in the same clinic.
  expect(clinicNoIn(namedIdOf(restOperations.listDoctors, { query: { clinicId: newId(9) } }) ?? '')).toBe(9)
})

test('an invitation’s token names the clinic, and what is no token names none', () => {
  const { token } = newInvitationToken(newId(11))
  expect(noOf('getInvitation', { body: { token } })).toBe(11)
  expect(noOf('acceptInvitation', { body: { token } })).toBe(11)
  expect(noOf('acceptInvitation', { body: { token: 'x' } })).toBeNull()
})

test('a feed of a doctor or clinic is served by its shard, one of an account by the directory', async () => {
  const { fileName, hash } = newFeedFileName()
  const feed = (kind: string, id: string) =>
    noOf('readCalendarFeed', { params: { fileName } }, {
      calendarFeeds: { open: async (sent: Buffer) => (sent.equals(hash) ? { kind, id } : null) },
    } as never)
  expect(await feed('doctor', newId(12))).toBe(12)
  expect(await feed('clinic', newId(13))).toBe(13)
  expect(await feed('account', newId(14))).toBeNull()
  expect(await noOf('readCalendarFeed', { params: { fileName } })).toBeNull()
  expect(await noOf('readCalendarFeed', { params: { fileName: 'x.ics' } })).toBeNull()
})
