import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { boardQuery } from './board-query.ts'
import { namesOf, noBoard } from './conflict-text.ts'
import { roomsQuery } from './theatre-queries.ts'
import { useTheatre } from './use-theatre.ts'

/** The cases of a day, and the names of what they need: to say what is in the way of another. */
export function useDayBoard(day: string) {
  const { clinicId } = useTheatre()
  const board = useQuery(boardQuery(clinicId, day, 1)).data ?? noBoard
  const rooms = useQuery(roomsQuery(clinicId)).data ?? board.rooms
  const names = useMemo(() => namesOf({ ...board, rooms }), [board, rooms])
  return { cases: board.cases, names }
}
