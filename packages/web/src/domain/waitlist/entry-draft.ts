import type { NewWaitlistEntry } from '@holdfast/contract/client'
import { addDays, daysBetween, isEmailAddress, isPhoneNumber, slotLimits, yearDaysMax } from '@holdfast/vocabulary'
import { parseDay } from '../../lib/time/local-time.ts'

/** The values of the fields of an entry, without whom it waits for. */
export type EntryDraft = {
  from: string
  to: string
  /** '1' (Monday) to '7'; none: any day. */
  weekdays: string[]
  /** HH:MM, or '' for no bound. */
  timeFrom: string
  timeTo: string
  units: number | string
  name: string
  email: string
  phone: string
}

/** The limits of the API. */
export const entryLimits = { rangeDaysMax: yearDaysMax, unitsMax: slotLimits.capacityMax } as const

/** Keys of `waitlist:invalid`. */
export type EntryProblem =
  | 'dayMissing'
  | 'dayPast'
  | 'beforeFrom'
  | 'rangeTooLong'
  | 'timeOrder'
  | 'units'
  | 'nameMissing'
  | 'emailMissing'
  | 'emailInvalid'
  | 'phoneInvalid'

const daysAhead = 30

type DraftStart = { today: string; from?: string | undefined; name?: string; email?: string }

/** A month from a day on, at any time, for one place. */
export function newEntryDraft({ today, from, name = '', email = '' }: DraftStart): EntryDraft {
  const first = from === undefined || from < today ? today : from
  return {
    from: first,
    to: addDays(first, daysAhead),
    weekdays: [],
    timeFrom: '',
    timeTo: '',
    units: 1,
    name,
    email,
    phone: '',
  }
}

/** What is wrong with each field. @param needsEmail patients are notified by e-mail; staff may call them */
export function entryProblems(
  draft: EntryDraft,
  { today, needsEmail }: { today: string; needsEmail: boolean },
): Partial<Record<keyof EntryDraft, EntryProblem>> {
  const { from, to, timeFrom, timeTo, units, name, email, phone } = draft
  const problems: Partial<Record<keyof EntryDraft, EntryProblem>> = {}
  if (parseDay(from) === null) problems.from = 'dayMissing'
  if (parseDay(to) === null) problems.to = 'dayMissing'
  else if (to < today) problems.to = 'dayPast'
  else if (problems.from === undefined && to < from) problems.to = 'beforeFrom'
  else if (problems.from === undefined && daysBetween(from, to) - 1 > entryLimits.rangeDaysMax) {
    problems.to = 'rangeTooLong'
  }
  if (timeFrom !== '' && timeTo !== '' && timeTo <= timeFrom) problems.timeTo = 'timeOrder'
  if (!Number.isInteger(Number(units)) || Number(units) < 1 || Number(units) > entryLimits.unitsMax) {
    problems.units = 'units'
  }
  if (name.trim() === '') problems.name = 'nameMissing'
  if (email.trim() === '' ? needsEmail : !isEmailAddress(email.trim())) {
    problems.email = email.trim() === '' ? 'emailMissing' : 'emailInvalid'
  }
  if (phone.trim() !== '' && !isPhoneNumber(phone.trim())) problems.phone = 'phoneInvalid'
  return problems
}

/** A valid draft as a request, without whom it waits for. */
export function entryOfDraft(
  draft: EntryDraft,
): Pick<NewWaitlistEntry, 'from' | 'to' | 'weekdays' | 'timeFrom' | 'timeTo' | 'units' | 'patient'> {
  const { from, to, weekdays, timeFrom, timeTo, units, name, email, phone } = draft
  const days = weekdays.map(Number).toSorted((one, other) => one - other)
  return {
    from,
    to,
    units: Number(units),
    ...(days.length === 0 || days.length === 7 ? {} : { weekdays: days }),
    ...(timeFrom === '' ? {} : { timeFrom }),
    ...(timeTo === '' ? {} : { timeTo }),
    patient: {
      name: name.trim(),
      ...(email.trim() === '' ? {} : { email: email.trim() }),
      ...(phone.trim() === '' ? {} : { phone: phone.trim() }),
    },
  }
}
