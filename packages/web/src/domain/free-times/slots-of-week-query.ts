import type { Clinic, Doctor } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { slotsQuery } from '../../lib/queries/slots-query.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { daysShown } from './week-days.ts'

/** The slots of the days shown from `from` on. */
export function slotsOfWeekQuery(doctorId: string, from: string) {
  return slotsQuery(doctorId, from, addDays(from, daysShown - 1))
}

/** The first day to show: the day of the next free slot, else today, in the clinic's time zone. */
export function firstDayOf(doctor: Doctor, clinic: Clinic): string {
  return localDay(doctor.nextAvailableAt ?? serverNow(), clinic.timezone)
}
