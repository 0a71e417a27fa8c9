import type { Clinic } from '@holdfast/contract/client'
import { eachClinicText } from '@holdfast/vocabulary'
import { expect, test } from 'vitest'
import { changeOf, draftOfClinic } from './clinic-draft.ts'

const clinic: Clinic = {
  id: 'c',
  name: 'North',
  timezone: 'Europe/Berlin',
  externalIds: [],
  ...eachClinicText(() => null),
  phone: '030 1',
  settings: {
    holdSeconds: 120,
    holdExtensionsMax: 5,
    minimumNoticeMinutes: 0,
    bookingHorizonDays: 730,
    cancellationDeadlineMinutes: 0,
    waitlistOfferMinutes: 30,
    waitlistNoticeMinutes: 60,
    patientDataMonths: 0,
    messageDays: 180,
  },
  attendanceMinutes: 1440,
  sendsEmails: true,
  smsKinds: [],
  logo: null,
}

test('only changed fields are sent; an emptied field becomes null', () => {
  const draft = draftOfClinic(clinic)
  expect(changeOf(draft, clinic)).toBeNull()
  expect(changeOf({ ...draft, phone: ' ', holdSeconds: 60 }, clinic)).toEqual({
    phone: null,
    settings: { holdSeconds: 60 },
  })
})

test('a number that is missing or out of bounds is not sent', () => {
  const draft = draftOfClinic(clinic)
  for (const holdSeconds of ['', 29, 901, 60.5]) {
    expect(changeOf({ ...draft, name: 'South', holdSeconds }, clinic), String(holdSeconds)).toBeNull()
  }
})
