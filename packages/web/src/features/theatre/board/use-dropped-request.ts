import type { CaseRequest } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type { Place } from '../book/time-choice.tsx'
import { useHoldCase } from '../book/use-hold-case.ts'
import { draftOf, newCaseOf } from '../draft/case-draft.ts'
import { caseRequestQuery } from '../theatre-queries.ts'
import type { BookCaseSearch } from '../theatre-search.ts'
import { useTheatre } from '../use-theatre.ts'

/** A request that did not fit where it was dropped. */
export type RefusedDrop = { request: CaseRequest; place: Place; refused: Error }

type Settings = {
  /** Leads to the page on which the rest is decided: a request without a surgeon cannot be held yet. */
  book: (search: BookCaseSearch) => void
  onOpen: (caseId: string, day: string) => void
}

/** Holds a request of the waitlist where it was dropped, and opens the held case, which is to be confirmed. */
export function useDroppedRequest({ book, onOpen }: Settings) {
  const { clinicId, timeZone } = useTheatre()
  const queryClient = useQueryClient()
  const { mutateAsync: hold } = useHoldCase()
  const [refused, setRefused] = useState<RefusedDrop | null>(null)
  const drop = useCallback(
    async (requestId: string, place: Place) => {
      const request = await queryClient.fetchQuery(caseRequestQuery(clinicId, requestId)).catch(() => null)
      if (request === null || request.surgeonId === null || request.patient === null) {
        book({ requestId, ...place })
        return
      }
      await hold(newCaseOf(draftOf(request), { clinicId, ...place, requestId })).then(
        (held) => onOpen(held.id, localDay(held.startsAt, timeZone)),
        (error: Error) => setRefused({ request, place, refused: error }),
      )
    },
    [queryClient, clinicId, timeZone, book, onOpen, hold],
  )
  return { drop, refused, forget: useCallback(() => setRefused(null), []) }
}
