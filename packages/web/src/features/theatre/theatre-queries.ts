import type {
  Block,
  Case,
  CaseRequest,
  Equipment,
  Room,
  TheatreDoctor,
  TheatreReport,
  TheatreStaff,
} from '@holdfast/contract/client'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { pageByPage } from '../../lib/api/read-pages.ts'
import { theatreKey, whileFilling } from './board-query.ts'
import type { RequestsFilters } from './theatre-search.ts'

/** What changes while people work, by the second part of the query keys: see use-live-theatre.ts. */
export const liveParts = ['board', 'case', 'events', 'requests', 'blocks'] as const
const listStaleMs = 30_000

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
    refetchInterval: ({ state }) => whileFilling(state.data),
  })
}

/** The waitlist, page by page, in the order in which it is to be worked off. */
export function openRequestsQuery(clinicId: string, filter: RequestsFilters) {
  const query = { ...filter, status: 'open' as const, limit: 50 }
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...theatreKey(clinicId), 'requests', 'open', filter],
    queryFn: ({ pageParam }) => dataOf(api.listCaseRequests({ path: { clinicId }, query: { ...query, ...pageParam } })),
    placeholderData: keepPreviousData,
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
