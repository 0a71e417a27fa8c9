import type {
  Block,
  Case,
  CaseRequest,
  Equipment,
  Room,
  TheatreBoard,
  TheatreDoctor,
  TheatreReport,
  TheatreStaff,
} from '@holdfast/contract/client'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { readAllPages } from '../../lib/api/read-pages.ts'
import { mondayOf } from '../../lib/time/local-time.ts'
import type { BoardSearch } from './theatre-search.ts'

/** What changes while people work, by the second part of the query keys: see use-live-theatre.ts. */
export const liveParts = ['board', 'case', 'events', 'requests', 'blocks'] as const
const listStaleMs = 30_000

/** The beginning of every query key of a clinic's theatre. */
export function theatreKey(clinicId: string): readonly unknown[] {
  return ['theatre', clinicId]
}

/** The first day of a board, and how many it shows: a day, or its week. */
export function boardDays(day: string, view: BoardSearch['view']): [string, number] {
  return view === 'week' ? [mondayOf(day), 7] : [day, 1]
}

export function boardQuery(clinicId: string, date: string, days: number) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'board', date, days],
    queryFn: (): Promise<TheatreBoard> => dataOf(api.getTheatre({ path: { clinicId }, query: { date, days } })),
    placeholderData: keepPreviousData,
  })
}

export function caseQuery(clinicId: string, caseId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'case', caseId],
    queryFn: (): Promise<Case> => dataOf(api.getCase({ path: { caseId } })),
  })
}

export function caseEventsQuery(clinicId: string, caseId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'events', caseId],
    queryFn: async () => (await dataOf(api.listCaseEvents({ path: { caseId } }))).items,
  })
}

export function roomsQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'rooms'],
    queryFn: async (): Promise<Room[]> => (await dataOf(api.listRooms({ path: { clinicId } }))).items,
    staleTime: listStaleMs,
  })
}

export function staffQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'staff'],
    queryFn: async (): Promise<TheatreStaff[]> => (await dataOf(api.listTheatreStaff({ path: { clinicId } }))).items,
    staleTime: listStaleMs,
  })
}

/** The clinic's doctors, with what their cases should have. */
export function theatreDoctorsQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'doctors'],
    queryFn: async (): Promise<TheatreDoctor[]> => (await dataOf(api.listTheatreDoctors({ path: { clinicId } }))).items,
    staleTime: listStaleMs,
  })
}

export function equipmentQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'equipment'],
    queryFn: async (): Promise<Equipment[]> => (await dataOf(api.listEquipment({ path: { clinicId } }))).items,
    staleTime: listStaleMs,
  })
}

export function blocksQuery(clinicId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'blocks', from, to],
    queryFn: async (): Promise<Block[]> =>
      (await dataOf(api.listBlocks({ path: { clinicId }, query: { from, to } }))).items,
    placeholderData: keepPreviousData,
  })
}

/** All of them, in pages of 1,000. */
export function openRequestsQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'requests'],
    queryFn: async (): Promise<CaseRequest[]> => {
      const { items } = await readAllPages(Number.POSITIVE_INFINITY, (start) =>
        dataOf(api.listCaseRequests({ path: { clinicId }, query: { status: 'open', ...start } })),
      )
      return items
    },
  })
}

export function caseRequestQuery(clinicId: string, requestId: string) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'requests', requestId],
    queryFn: (): Promise<CaseRequest> => dataOf(api.getCaseRequest({ path: { requestId } })),
  })
}

export function reportQuery(clinicId: string, from: string, to: string, graceMinutes: number) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'report', from, to, graceMinutes],
    queryFn: (): Promise<TheatreReport> =>
      dataOf(api.getTheatreReport({ path: { clinicId }, query: { from, to, graceMinutes } })),
    placeholderData: keepPreviousData,
  })
}
