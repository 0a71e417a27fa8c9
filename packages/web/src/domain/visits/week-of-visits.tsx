import type { Clinic, Doctor, Slot } from '@holdfast/contract/client'
import { addDays } from '@holdfast/vocabulary'
import type { TicketLink } from '../bookings/ticket-link.ts'
import { daysShown } from '../free-times/week-days.ts'
import { WeekOfTimes, type WeekOfTimesProps } from '../free-times/week-of-times.tsx'
import { NoVisitTimes } from './no-visit-times.tsx'
import type { OfferedVisit } from './offered-visits.ts'
import { visitTimesQuery } from './visit-times-query.ts'

type WeekOfVisitsProps = Pick<WeekOfTimesProps, 'from' | 'onFrom' | 'exceptSlotId'> & {
  doctor: Doctor
  clinic: Clinic
  visit: OfferedVisit
  onChoose: (time: Slot) => void
  /** As in {@link visitTimesQuery}. */
  moved?: TicketLink
}

/** A week of the times at which a visit can begin with a doctor, as those of {@link visitTimesQuery}. */
export function WeekOfVisits({ doctor, clinic, visit, from, onFrom, moved, ...more }: WeekOfVisitsProps) {
  const { visitType } = visit
  const query = visitTimesQuery({ doctorId: doctor.id, visitType, from, to: addDays(from, daysShown - 1), moved })
  return (
    <WeekOfTimes
      doctorId={doctor.id}
      clinic={withRulesOf(visit, clinic)}
      from={from}
      onFrom={onFrom}
      {...more}
      visits={{ query, none: (onRead) => <NoVisitTimes {...{ doctor, clinic, visit, from, onFrom, moved, onRead }} /> }}
    />
  )
}

/** The clinic with the notice and horizon of the visit type, by which its times can be booked. */
function withRulesOf({ visitType: { minimumNoticeMinutes, bookingHorizonDays } }: OfferedVisit, clinic: Clinic) {
  const { settings } = clinic
  return {
    ...clinic,
    settings: {
      ...settings,
      minimumNoticeMinutes: minimumNoticeMinutes ?? settings.minimumNoticeMinutes,
      bookingHorizonDays: bookingHorizonDays ?? settings.bookingHorizonDays,
    },
  }
}
