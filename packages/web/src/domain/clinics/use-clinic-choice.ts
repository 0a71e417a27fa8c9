import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { clinicsQuery } from '../../lib/queries/directory-queries.ts'

export type ClinicChoice = ReturnType<typeof useClinicChoice>

/**
 * The clinic that a form is for: the only one, or the one chosen in its field. `isOffered`: there is something to
 * choose; undefined: not known yet.
 */
export function useClinicChoice() {
  const [chosenId, choose] = useState<string | null>(null)
  const { data: clinics, isPending } = useQuery(clinicsQuery(useQueryClient()))
  const [only = null, ...others] = clinics ?? []
  const isOnly = only !== null && others.length === 0
  return { clinicId: isOnly ? only.id : chosenId, chosenId, choose, isOffered: isPending ? undefined : !isOnly }
}
