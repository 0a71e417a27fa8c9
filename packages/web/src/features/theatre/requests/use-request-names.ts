import { useQuery } from '@tanstack/react-query'
import { type Names, namesOf } from '../conflict-text.ts'
import { equipmentQuery, roomsQuery, staffQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'

/** The names of what requests need; a dash until they are read. */
export function useRequestNames(): Names {
  const { clinicId, doctors } = useTheatre()
  const rooms = useQuery(roomsQuery(clinicId)).data ?? []
  const staff = useQuery(staffQuery(clinicId)).data ?? []
  const equipment = useQuery(equipmentQuery(clinicId)).data ?? []
  return namesOf({ rooms, people: [...staff, ...doctors], equipment, cases: [] })
}
