import type { Case, CaseRequest, TheatreBoard } from '@holdfast/contract/client'
import { useCallback, useMemo, useRef, useState } from 'react'
import { isSamePlan, type Plan } from '../case-plan.ts'
import type { BoardScene } from './board-context.ts'
import { type Placed, placedCase, placedRequest } from './plan-conflicts.ts'

/** A case or a request that is dragged, planned by keyboard, or being placed by the server (`isSent`). */
export type Planned = { placed: Placed; plan: Plan; isSent: boolean }

type Settings = {
  board: TheatreBoard
  move: (request: { one: Case; plan: Plan }) => Promise<unknown>
  drop: (requestId: string, place: { roomId: string; startsAt: string }) => Promise<void>
}

type Handlers = Pick<BoardScene, 'onPlan' | 'onMove' | 'onRequestOver' | 'onRequest'>

/** What is planned on the board, and what changes it. The handlers change only with the settings. */
export function usePlanned({ board, move, drop }: Settings) {
  const [planned, setPlanned] = useState<Planned | null>(null)
  // A browser does not say what is dragged before it is dropped.
  const dragged = useRef<CaseRequest | null>(null)
  const handlers = useMemo<Handlers>(
    () => ({
      onPlan: (one, plan) => setPlanned(plan === null ? null : { placed: placedCase(one), plan, isSent: false }),
      onMove: (one, plan) => {
        setPlanned({ placed: placedCase(one), plan, isSent: true })
        // Its outcome is shown by useMoveCase.
        void move({ one, plan })
          .catch(() => undefined)
          .finally(() => setPlanned(null))
      },
      onRequestOver: (place) => {
        const request = dragged.current
        if (request === null) return
        const plan = place === null ? null : { ...place, minutes: request.minutes }
        setPlanned((before) => {
          if (plan === null) return before?.isSent ? before : null
          if (before !== null && before.placed.id === request.id && isSamePlan(before.plan, plan)) return before
          return { placed: placedRequest(request, board.cases), plan, isSent: false }
        })
      },
      onRequest: (requestId, { roomId, startsAt }) => {
        dragged.current = null
        setPlanned((before) => (before === null ? null : { ...before, isSent: true }))
        void drop(requestId, { roomId, startsAt: new Date(startsAt).toISOString() }).finally(() => setPlanned(null))
      },
    }),
    [board, move, drop],
  )
  /** null: it is no longer dragged. */
  const onDrag = useCallback((request: CaseRequest | null) => {
    dragged.current = request
    if (request === null) setPlanned((before) => (before?.isSent ? before : null))
  }, [])
  return { planned, handlers, onDrag }
}
