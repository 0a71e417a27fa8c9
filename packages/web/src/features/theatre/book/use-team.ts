import { useQuery } from '@tanstack/react-query'
import { equipmentQuery, staffQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'

type Option = { value: string; label: string }

/** Who and what can be chosen for a case: the clinic's doctors and the theatre's staff are its surgeons. */
export function useTeam() {
  const { clinicId, doctors } = useTheatre()
  const staff = (useQuery(staffQuery(clinicId)).data ?? []).filter(({ active }) => active)
  const equipment = (useQuery(equipmentQuery(clinicId)).data ?? []).filter(({ active }) => active)
  const option = ({ id, name }: { id: string; name: string }): Option => ({ value: id, label: name })
  const ofProfession = (profession: string) => staff.filter((one) => one.profession === profession).map(option)
  return {
    surgeons: [...ofProfession('surgeon'), ...doctors.filter(({ active }) => active).map(option)],
    anaesthetists: ofProfession('anaesthetist'),
    others: [...ofProfession('nurse'), ...ofProfession('technician'), ...ofProfession('surgeon')],
    equipment: equipment.map(option),
  }
}
