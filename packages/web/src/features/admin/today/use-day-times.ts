import { useQueries, useQuery } from '@tanstack/react-query'
import { closuresOfDayQuery } from '../../../domain/closures/closure-queries.ts'
import { sessionsQuery } from '../../../domain/visits/sessions-query.ts'
import { slotsQuery } from '../../../lib/queries/slots-query.ts'
import { useClinic } from '../use-clinic.ts'
import type { DoctorTimes } from './column-day.ts'

/** When these doctors can be booked on a day, and when they are closed. They are updated live, as their slots are. */
export function useDayTimes(day: string, doctorIds: readonly string[]) {
  const { clinicId } = useClinic()
  const slots = useQueries({ queries: doctorIds.map((id) => slotsQuery(id, day, day)), combine: itemsOf })
  const sessions = useQueries({ queries: doctorIds.map((id) => sessionsQuery(id, day, day)), combine: itemsOf })
  const closures = useQuery(closuresOfDayQuery(clinicId, day, undefined)).data ?? []
  const times = new Map(
    doctorIds.map((id, nth): [string, DoctorTimes] => [
      id,
      { slots: slots[nth] ?? none, sessions: sessions[nth] ?? none },
    ]),
  )
  return { times, closures }
}

const none: never[] = []

function itemsOf<Item>(results: { data: { items: Item[] } | undefined }[]): (Item[] | undefined)[] {
  return results.map(({ data }) => data?.items)
}
