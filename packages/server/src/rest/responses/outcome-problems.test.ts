import { restOperations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { violationsOf } from '../../../test/check-contract.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { refusalProblem } from './outcome-problems.ts'

test('an overload is 503 with Retry-After in whole seconds', () => {
  const { status, headers, body } = refusalProblem({ kind: 'overloaded', retryAfterSeconds: 0.3 }).render('r-1')
  expect(status).toBe(503)
  expect(headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' })
  expect(JSON.parse(body)).toEqual({
    type: 'urn:holdfast:problem:overloaded',
    title: 'The server is overloaded',
    status: 503,
    detail: expect.any(String),
    instance: 'r-1',
    code: 'overloaded',
  })
})

test('a refusal with the name and the members of a problem is shown by the row of the problem alone', () => {
  const { status, body } = refusalProblem({ kind: 'time_zone_in_use', slots: 100_000, takenSlots: 2 }).render('r-1')
  expect({ status, ...JSON.parse(body) }).toMatchObject({
    status: 409,
    code: 'time_zone_in_use',
    detail: expect.stringContaining('100000 or more slots are not over, 2 or more of them with bookings'),
    slots: 100_000,
    takenSlots: 2,
  })
  const full = JSON.parse(refusalProblem({ kind: 'slot_full' }).render('r-1').body)
  expect(full.detail).toBe('The slot does not have this many units free.')
  // The code of another name, whose title says it.
  const missing = JSON.parse(refusalProblem({ kind: 'member_missing' }).render('r-1').body)
  expect(missing).toMatchObject({ code: 'member_not_found', detail: 'This account is not a member of the clinic.' })
})

test('responses outside the contract are found: an extra or missing field, a wrong time, an undescribed code', () => {
  const { getClinic, withdrawSlot, removeMember } = restOperations
  const settings = {
    holdSeconds: 120,
    holdExtensionsMax: 5,
    minimumNoticeMinutes: 0,
    bookingHorizonDays: 730,
    cancellationDeadlineMinutes: 0,
    waitlistOfferMinutes: 30,
    waitlistNoticeMinutes: 60,
    patientDataMonths: 0,
    messageDays: 180,
  }
  const clinic = {
    id: '0192f8a0-0000-8000-8000-000000000000',
    name: 'X',
    timezone: 'UTC',
    externalIds: [],
    address: null,
    phone: null,
    settings,
    attendanceMinutes: 1440,
    sendsEmails: false,
    smsKinds: [],
    logo: null,
  }
  expect(violationsOf(getClinic, 200, clinic)).toEqual([])
  expect(violationsOf(getClinic, 200, { ...clinic, no: 1 })).toHaveLength(1)
  expect(violationsOf(getClinic, 200, { ...clinic, phone: undefined })).toHaveLength(1)
  const body = JSON.parse(refusalProblem({ kind: 'slot_has_bookings', bookings: 2 }).render('r').body)
  expect(violationsOf(withdrawSlot, 409, body)).toEqual([])
  expect(violationsOf(getClinic, 409, body)).toHaveLength(1)
  expect(violationsOf(withdrawSlot, 404, body)).toHaveLength(1)
  expect(violationsOf(removeMember, 204, {})).toHaveLength(1)
})

test('negative control: an error that names a field by another path than the contract’s is a violation', () => {
  const { getClinic, createBooking } = restOperations
  const refused = (path: string) => JSON.parse(invalidRequest([{ path, message: 'must be another' }]).render('r').body)
  for (const path of ['/', '/patient/name', '/headers/idempotency-key']) {
    expect(violationsOf(createBooking, 400, refused(path))).toEqual([])
  }
  expect(violationsOf(createBooking, 400, refused('/body/patient'))).toHaveLength(1)
  expect(violationsOf(getClinic, 400, refused('/patient'))).toHaveLength(1)
})
