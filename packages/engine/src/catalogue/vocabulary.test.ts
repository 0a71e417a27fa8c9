// Completeness: a word of packages/vocabulary is unknown to a check of the database, or the other way round
import { test } from '@holdfast/testkit/database-test'
import {
  appointmentTypes,
  bookingEventTypes,
  bookingStatuses,
  caseUrgencies,
  messageChannels,
  messageKinds,
  messageLanguages,
  milestones,
  personRelations,
  roles,
  smsKinds,
  visitTypeBookers,
  visitTypeColors,
  waitlistUrgencies,
} from '@holdfast/vocabulary'
import { expect } from 'vitest'

/** The texts that the check of a column accepts, by `table.column`. */
const columns: Record<string, readonly string[]> = {
  'membership.role': roles,
  'account_person.relation': personRelations,
  'invitation.role': roles,
  'theatre_case.urgency': caseUrgencies,
  'case_request.urgency': caseUrgencies,
  'case_milestone.milestone': milestones,
  'message.channel': messageChannels,
  'message.kind': messageKinds,
  'message_settings.sms_kinds': smsKinds,
  'message_choice.sms_kinds_off': smsKinds,
  'message_settings.language': messageLanguages,
  'message_choice.language': messageLanguages,
  'calendar_feed.language': messageLanguages,
  'visit_type.names': messageLanguages,
  'visit_type.bookable_by': visitTypeBookers,
  'visit_type.color': visitTypeColors,
}

/** The quoted words, in the order of the alphabet. */
const quoted = (text: string) => [...new Set(text.match(/(?<=')\w+(?=')/g))].sort()

test.for(Object.entries(columns))('the check of %s accepts %j', async ([name, words], { database }) => {
  const [table, column = ''] = name.split('.')
  const { rows } = await database.ownerPool.query<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition from pg_constraint
      where conrelid = ('holdfast.' || $1)::regclass and contype = 'c' and conname = $1 || '_' || $2 || '_check'`,
    [table, column],
  )
  expect(rows.map(({ definition }) => quoted(definition))).toEqual([[...words].sort()])
})

test('the check of bookings accepts each status, and the types of appointments and of cases', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ body: string }>(`
    select pg_get_functiondef('holdfast.booking_is_valid'::regproc) as body`)
  const body = rows[0]?.body ?? ''
  expect(bookingStatuses.filter((status) => !quoted(body).includes(status))).toEqual([])
  const statuses = quoted(body).filter((word) => word === word.toUpperCase())
  expect(statuses).toEqual([...bookingStatuses].sort())
  expect(quoted(/p_appointment_type = ANY \([^)]*\)|p_appointment_type in \([^)]*\)/i.exec(body)?.[0] ?? '')).toEqual(
    [...appointmentTypes, 'case'].sort(),
  )
})

test('the check of events accepts each type and each status', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ body: string }>(`
    select pg_get_functiondef('holdfast.booking_event_is_valid'::regproc) as body`)
  expect(quoted(rows[0]?.body ?? '')).toEqual([...bookingEventTypes, ...bookingStatuses].sort())
})

test('milestones have the same order in the database', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ body: string }>(`
    select pg_get_functiondef('holdfast.record_milestone'::regproc) as body`)
  const order = /c_order constant text\[\] :=\s*array\[([^\]]*)\]/.exec(rows[0]?.body ?? '')?.[1]
  expect(order).toBe(milestones.map((milestone) => `'${milestone}'`).join(', '))
})

test('the database stores the place of an urgency in the list of those of the waitlist', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ definition: string }>(`
    select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'waitlist_entry_urgency_check'`)
  expect(rows.map(({ definition }) => definition)).toEqual([
    `CHECK (((urgency >= 0) AND (urgency <= ${waitlistUrgencies.length - 1})))`,
  ])
})
