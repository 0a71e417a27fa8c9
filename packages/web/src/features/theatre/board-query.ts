import type { Block, TheatreBoard } from '@holdfast/contract/client'
import { mondayOf } from '@holdfast/vocabulary'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import type { BoardSearch } from './theatre-search.ts'

/** The beginning of every query key of a clinic's theatre. */
export function theatreKey(clinicId: string): readonly unknown[] {
  return ['theatre', clinicId]
}

/** The first day of a board, and how many it shows: a day, or its week. */
export function boardDays(day: string, view: BoardSearch['view']): [string, number] {
  return view === 'week' ? [mondayOf(day), 7] : [day, 1]
}

/** Steps that fill a block are not reported: how far they are, and that they have ended, is read again. */
const fillingReadMs = 5_000

/** @returns after how many milliseconds blocks are read again; false: not, none is being filled */
export function whileFilling(blocks: readonly Partial<Pick<Block, 'filling'>>[] = []): number | false {
  return blocks.some(({ filling = null }) => filling !== null) && fillingReadMs
}

export function boardQuery(clinicId: string, date: string, days: number) {
  return queryOptions({
    queryKey: [...theatreKey(clinicId), 'board', date, days],
    queryFn: (): Promise<TheatreBoard> => dataOf(api.getTheatre({ path: { clinicId }, query: { date, days } })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => whileFilling(state.data?.blocks),
  })
}
