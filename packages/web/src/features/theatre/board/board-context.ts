import type { Projection } from '@holdfast/contract/case-state'
import type { Case, TheatreBoard } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'
import { createContext, useContext } from 'react'
import type { Span } from '../../../domain/time-grid/span.ts'
import type { Plan } from '../case-plan.ts'
import type { Names } from '../conflict-text.ts'

export type RoomTime = Pick<Plan, 'roomId' | 'startsAt'>

/** What everything on the board needs. It does not change while a case is dragged. */
export type BoardScene = {
  /** Performance: the hook takes a good part of the time of a case, of which there are hundreds. */
  t: TFunction<['theatre', 'shell']>
  board: TheatreBoard
  day: string
  shown: Span
  timeZone: string
  now: number
  marks: Map<string, number>
  /** Cases that earlier ones keep waiting, and which: see casesAtRisk. */
  risks: ReadonlyMap<string, string>
  projections: ReadonlyMap<string, Projection>
  names: Names
  canMove: boolean
  onOpen: (caseId: string) => void
  onBlock: (blockId: string) => void
  /** A place without a case was clicked. */
  onEmpty: (roomId: string, startsAt: number) => void
  /** A request of the waitlist is dragged over a room; null: no longer. */
  onRequestOver: (place: RoomTime | null) => void
  /** It was dropped there. */
  onRequest: (requestId: string, place: RoomTime) => void
  /** A case is dragged or planned by keyboard; null: no longer. */
  onPlan: (one: Case, plan: Plan | null) => void
  onMove: (one: Case, plan: Plan) => void
}

const Context = createContext<BoardScene | null>(null)

export const BoardContext = Context.Provider

export function useBoard(): BoardScene {
  const scene = useContext(Context)
  if (scene === null) throw new Error('This is shown on the board only.')
  return scene
}
