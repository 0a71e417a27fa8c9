import { useQuery } from '@tanstack/react-query'
import { equipmentQuery, staffQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import type { CaseDraft } from './case-draft.ts'

type Chosen = Pick<CaseDraft, 'surgeonId' | 'anaesthetistId' | 'staffIds' | 'equipmentIds'>
type Option = { value: string; label: string }

/** Who and what can be chosen for a case: the clinic's doctors and the theatre's staff are its surgeons. */
export function useTeam(chosen: Partial<Chosen> = {}) {
  const { clinicId, doctors } = useTheatre()
  const lists = [useQuery(staffQuery(clinicId)), useQuery(equipmentQuery(clinicId))] as const
  const [staff, equipment] = [lists[0].data, lists[1].data]
  const { surgeonId = '', anaesthetistId = '', staffIds = [], equipmentIds = [] } = chosen
  const chosenIds = new Set([surgeonId, anaesthetistId, ...staffIds, ...equipmentIds])
  // People who have left since then stay with the cases that they were chosen for.
  const offered = <One extends { id: string; active: boolean }>(list: readonly One[] = []) =>
    list.filter(({ id, active }) => active || chosenIds.has(id))
  const option = ({ id, name }: { id: string; name: string }): Option => ({ value: id, label: name })
  const ofProfession = (profession: string) =>
    offered(staff)
      .filter((one) => one.profession === profession)
      .map(option)
  return {
    /** All lists are read. Before that they lack people, and a field would show another value than the one it has. */
    isRead: staff !== undefined && equipment !== undefined,
    /** A list that could not be read; undefined: none. */
    failed: lists.find(({ isLoadingError }) => isLoadingError),
    surgeons: [...ofProfession('surgeon'), ...offered(doctors).map(option)],
    anaesthetists: ofProfession('anaesthetist'),
    others: [...ofProfession('nurse'), ...ofProfession('technician'), ...ofProfession('surgeon')],
    equipment: offered(equipment).map(option),
  }
}
