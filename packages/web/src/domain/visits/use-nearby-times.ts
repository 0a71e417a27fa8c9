import type { Slot } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { useQuery } from '@tanstack/react-query'
import { nearestTimes } from './nearest-times.ts'
import { visitTimesQuery } from './visit-times-query.ts'

const shownMax = 3
const days = { before: 7, after: 14 } as const

type NearbyOf = {
  doctorId: string
  visitTypeId: string
  startsAt: string
  timeZone: string
  /** See {@link visitTimesQuery}. */
  byDesk?: boolean
}

/** The times of visits nearest to one that has just been taken, at most three. */
export function useNearbyTimes({ doctorId, visitTypeId, startsAt, timeZone, byDesk = false }: NearbyOf): Slot[] {
  const day = localDay(startsAt, timeZone)
  const visitType = { id: visitTypeId, capacity: 1 }
  const of = { doctorId, visitType, from: addDays(day, -days.before), to: addDays(day, days.after) }
  const found = useQuery({ ...visitTimesQuery(of, byDesk), staleTime: 0 }).data?.items ?? []
  return nearestTimes(found, startsAt, shownMax)
}
