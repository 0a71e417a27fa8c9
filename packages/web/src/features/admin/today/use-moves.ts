import type { Booking } from '@holdfast/contract/client'
import { skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import type { Move } from './moved-times.ts'

/** Several moves. `doctorId`: all go to this doctor; absent: each keeps theirs. */
export type Moves = { moves: Move[]; doctorId?: string }

/** Looks what moves would do, and makes them, once however often they are sent. */
export function useMoves(clinicId: string) {
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const path = { clinicId }
  return {
    preview: useMutation({
      mutationFn: ({ bookings: _, ...body }: Moves & { bookings: readonly Booking[] }) =>
        dataOf(api.moveBookings({ path, query: { dryRun: true }, body })),
    }),
    move: useMutation({
      mutationFn: (body: Moves) => dataOf(api.moveBookings({ path, body, headers: requestKeys.headersFor(body) })),
      onSuccess: () => requestKeys.clear(),
      onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
    }),
  }
}

/**
 * The last appointments that were moved together, of a doctor's day, and what moves them back to this doctor.
 * `isPartlyUndone`: those that are left could not be moved back.
 */
export type LastMoves = { day: string; count: number; back: Required<Moves>; isPartlyUndone?: boolean }

/** It is kept while the site is open, also on other pages. */
export function useLastMoves(clinicId: string) {
  const queryClient = useQueryClient()
  const queryKey = ['last-moves', clinicId]
  const { data } = useQuery<LastMoves | null>({ queryKey, queryFn: skipToken, gcTime: Number.POSITIVE_INFINITY })
  return { last: data ?? null, keep: (last: LastMoves | null) => queryClient.setQueryData(queryKey, last) }
}
