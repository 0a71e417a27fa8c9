import type { PatientRecordBody, PatientWithVisitsBody, UnlinkedOfRecordBody } from '@holdfast/contract'
import type { MergedRecord, PatientRecord, PatientVisits, UnlinkedOfRecord } from '@holdfast/engine'
import { timeText } from './time-text.ts'

export function recordBody({ clinicNo: _, createdAt, updatedAt, ...record }: PatientRecord): PatientRecordBody {
  return { ...record, createdAt: timeText(createdAt), updatedAt: timeText(updatedAt) }
}

export function mergedBody({ mergedAt, ...merged }: MergedRecord): PatientWithVisitsBody['merged'][number] {
  return { ...merged, mergedAt: timeText(mergedAt) }
}

export function visitsBody({
  next,
  past,
  cases,
}: PatientVisits): Pick<PatientWithVisitsBody, 'next' | 'past' | 'cases'> {
  return {
    next: next.map((one) => withTimes(one)),
    past: past.map((one) => withTimes(one)),
    cases: cases.map((one) => withTimes(one)),
  }
}

function withTimes<Visit extends { startsAt: Date; endsAt: Date }>({ startsAt, endsAt, ...visit }: Visit) {
  return { ...visit, startsAt: timeText(startsAt), endsAt: timeText(endsAt) }
}

export function unlinkedBody({ bookings, waitlistEntries, otherRecords }: UnlinkedOfRecord): UnlinkedOfRecordBody {
  return {
    bookings: { count: bookings.count, bookingIds: bookings.ids },
    waitlistEntries: { count: waitlistEntries.count, entryIds: waitlistEntries.ids },
    otherRecords,
  }
}
