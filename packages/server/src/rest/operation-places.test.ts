import { type Operation, restOperations } from '@holdfast/contract'
import { newId } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { newFeedFileName } from '../secrets/calendar-feed-tokens.ts'
import { newInvitationToken } from '../secrets/invitation-tokens.ts'
import { clinicNoOfCall, clinicNoOfUnsubscribeLink, placeRuleOf } from './operation-places.ts'

const operations: readonly Operation[] = Object.values(restOperations)
const ruleOf = ({ id }: Pick<Operation, 'id'>) => placeRuleOf[id as keyof typeof restOperations]

type Properties = { required?: string[]; properties?: Record<string, { format?: string }> }

/** The parts of a request that always name a clinic: an account's id does not. */
function partsWithClinic(operation: Pick<Operation, 'params' | 'query' | 'body'>): string[] {
  return (['params', 'query', 'body'] as const).filter((part) => {
    const { required = [], properties = {} } = (operation[part] ?? {}) as Properties
    return required.some((name) => properties[name]?.format === 'uuid' && name !== 'accountId')
  })
}

const unplaced = (all: readonly Operation[], rule: (operation: Operation) => unknown) =>
  all.filter((operation) => rule(operation) === 'clinic' && partsWithClinic(operation).length === 0).map(({ id }) => id)

test('each operation served by a clinic’s place has an id of the clinic in its path, or a required one', () => {
  expect(unplaced(operations, ruleOf)).toEqual([])
})

test('negative control: an operation without an id is found', () => {
  expect(unplaced([restOperations.listMyBookings, restOperations.getBooking], () => 'clinic')).toEqual([
    'listMyBookings',
  ])
})

test('each operation that always names a clinic is served by the clinic’s place', () => {
  const named = operations.filter((operation) => partsWithClinic(operation).length > 0)
  expect(named.filter((operation) => ruleOf(operation) !== 'clinic').map(({ id }) => id)).toEqual([])
  expect(named.length).toBeGreaterThan(100)
})

const coordinator = { calendarFeeds: { open: async () => null } } as unknown as Parameters<typeof clinicNoOfCall>[2]

test('the first id decides: in the path, then the body, then the query', () => {
  const [one, other] = [newId(7), newId(8)]
  const calls: [keyof typeof restOperations, object, number | null][] = [
    ['getBooking', { params: { bookingId: one } }, 7],
    ['rescheduleBooking', { params: { bookingId: one }, body: { slotId: other } }, 7],
    ['createBooking', { body: { slotId: other } }, 8],
    ['removeMember', { params: { clinicId: one, accountId: 'a8098c1a-f86e-41da-bd1a-00112444be1e' } }, 7],
    ['getBooking', { params: { bookingId: 'a8098c1a-f86e-41da-bd1a-00112444be1e' } }, null],
    ['listMyBookings', { query: { limit: 10 } }, null],
  ]
  for (const [id, call, clinicNo] of calls) expect(clinicNoOfCall(id, call, coordinator), id).toBe(clinicNo)
})

test('doctors are listed by the place of the clinic, and by the coordinator if the query names none', () => {
  expect(clinicNoOfCall('listDoctors', { query: { clinicId: newId(9) } }, coordinator)).toBe(9)
  expect(clinicNoOfCall('listDoctors', { query: {} }, coordinator)).toBeNull()
})

test('an invitation’s token names the clinic, and what is no token names none', () => {
  const { token } = newInvitationToken(newId(11))
  expect(clinicNoOfCall('getInvitation', { body: { token } }, coordinator)).toBe(11)
  expect(clinicNoOfCall('acceptInvitation', { body: { token } }, coordinator)).toBe(11)
  expect(clinicNoOfCall('acceptInvitation', { body: { token: 'x' } }, coordinator)).toBeNull()
})

test('a feed of a doctor or clinic is served by its place, one of an account by the coordinator', async () => {
  const { fileName, hash } = newFeedFileName()
  const feed = (kind: string, id: string) =>
    clinicNoOfCall('readCalendarFeed', { params: { fileName } }, {
      calendarFeeds: { open: async (sent: Buffer) => (sent.equals(hash) ? { kind, id } : null) },
    } as never)
  expect(await feed('doctor', newId(12))).toBe(12)
  expect(await feed('clinic', newId(13))).toBe(13)
  expect(await feed('account', newId(14))).toBeNull()
  expect(await clinicNoOfCall('readCalendarFeed', { params: { fileName } }, coordinator)).toBeNull()
  expect(await clinicNoOfCall('readCalendarFeed', { params: { fileName: 'x.ics' } }, coordinator)).toBeNull()
})

test('a link that unsubscribes begins with the id that names the clinic', () => {
  expect(clinicNoOfUnsubscribeLink(`${newId(15)}.token`)).toBe(15)
  expect(clinicNoOfUnsubscribeLink('x')).toBeNull()
})
