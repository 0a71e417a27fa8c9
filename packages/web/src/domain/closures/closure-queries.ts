import type { Closure, ClosureChange, ClosureEffect, NewClosure } from '@holdfast/contract/client'
import { addDays } from '@holdfast/vocabulary'
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { type PageStart, pageByPage, readAllPages } from '../../lib/api/read-pages.ts'
import { useCreateOnce } from '../../lib/api/use-create-once.ts'
import { clinicKey, rereadMs } from '../../lib/queries/clinic-queries.ts'

/** Slots are at most two years ahead. */
const listedDays = 731

/** Not under `clinicKey`: bookings change no closures. */
const closuresKey = (clinicId: string) => ['clinic-closures', clinicId] as const

/** The closures to come, for a doctor with those of the clinic. */
export function closuresQuery(clinicId: string, today: string) {
  return queryOptions({
    queryKey: [...closuresKey(clinicId), today],
    queryFn: () =>
      readAllPages(3, (start) =>
        dataOf(
          api.listClosures({ path: { clinicId }, query: { from: today, to: addDays(today, listedDays), ...start } }),
        ),
      ),
    refetchInterval: rereadMs,
  })
}

/** The closures of a day: of the clinic and of one doctor, or of all. */
export function closuresOfDayQuery(clinicId: string, day: string, doctorId: string | undefined) {
  const query = { from: day, to: day, ...(doctorId === undefined ? {} : { doctorId }) }
  return queryOptions({
    queryKey: [...closuresKey(clinicId), 'day', query],
    queryFn: async () => (await dataOf(api.listClosures({ path: { clinicId }, query }))).items,
    refetchInterval: rereadMs,
  })
}

/** Which slots and bookings a closure concerns: one that there is, by its id, or one that is being entered. */
export function effectQuery(clinicId: string, of: { closureId: string } | { closure: NewClosure }) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...clinicKey(clinicId), 'closure-effect', of],
    queryFn: ({ pageParam }) =>
      'closureId' in of
        ? dataOf(api.getClosureEffect({ path: { clinicId, closureId: of.closureId }, query: pageParam }))
        : previewOf(clinicId, of.closure, pageParam),
    getNextPageParam: ({ bookings: { nextCursor } }: ClosureEffect) =>
      nextCursor === null ? null : { cursor: nextCursor },
    // What is pressed next concerns what is there now.
    staleTime: 0,
    gcTime: 0,
  })
}

async function previewOf(clinicId: string, closure: NewClosure, start: PageStart): Promise<ClosureEffect> {
  const query = { dryRun: true, ...start }
  const effect = await dataOf(api.createClosure({ path: { clinicId }, query, body: closure }))
  if ('bookings' in effect) return effect
  throw new Error('The preview is a closure.')
}

export function holidaysQuery(
  clinicId: string,
  of: { year: number; country: string; region: string },
  language: string,
) {
  const query = {
    year: of.year,
    ...(of.country === '' ? {} : { country: of.country }),
    ...(of.region === '' ? {} : { region: of.region }),
    language: language as 'en' | 'de' | 'ar',
  }
  return queryOptions({
    queryKey: [...closuresKey(clinicId), 'holidays', query],
    queryFn: () => dataOf(api.listPublicHolidays({ path: { clinicId }, query })),
    placeholderData: (former) => former,
  })
}

/** Adds, changes and removes closures; all that is shown of slots is read again afterwards. */
export function useClosureActions(clinicId: string) {
  const queryClient = useQueryClient()
  const onSettled = () => queryClient.invalidateQueries()
  return {
    add: useCreateOnce({
      of: clinicId,
      send: async (body: NewClosure, headers): Promise<Closure> => {
        const added = await dataOf(api.createClosure({ path: { clinicId }, query: {}, body, headers }))
        if ('bookings' in added) throw new Error('The new closure is a preview.')
        return added
      },
      onSettled,
    }),
    change: useMutation({
      mutationFn: ({ id, body }: { id: string; body: ClosureChange }) =>
        dataOf(api.updateClosure({ path: { clinicId, closureId: id }, body })),
      onSettled,
    }),
    remove: useMutation({
      mutationFn: (id: string) => dataOf(api.deleteClosure({ path: { clinicId, closureId: id } })),
      onSettled,
    }),
  }
}
