import type { VisitType, VisitTypeChange } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { visitTypesQuery } from '../../../domain/visits/visit-type-queries.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { useClinic } from '../use-clinic.ts'
import { changeOf, type VisitTypeDraft, visitTypeOf } from './visit-type-draft.ts'

/** Changes a visit type; the list is read again afterwards. */
export function useChangeVisitType(visitTypeId: string) {
  const { clinicId } = useClinic()
  const onSettled = useReread()
  return useMutation({
    mutationFn: (body: VisitTypeChange) => dataOf(api.updateVisitType({ path: { clinicId, visitTypeId }, body })),
    onSettled,
  })
}

/**
 * Saves what differs from the stored visit type, or a new one. If the response was lost, saving the same form again
 * adds no second one: the request is sent with the same idempotency key.
 */
export function useSaveVisitType(visitType: VisitType | null) {
  const { clinicId } = useClinic()
  const requestKeys = useRequestKeys()
  const onSettled = useReread()
  return useMutation({
    mutationFn: async (draft: VisitTypeDraft): Promise<VisitType> => {
      if (visitType !== null) {
        const body = changeOf(draft, visitType)
        const path = { clinicId, visitTypeId: visitType.id }
        return body === null ? visitType : dataOf(api.updateVisitType({ path, body }))
      }
      const body = visitTypeOf(draft)
      const headers = requestKeys.headersFor({ clinicId, body })
      return dataOf(api.createVisitType({ path: { clinicId }, body, headers }))
    },
    onSettled,
  })
}

function useReread(): () => Promise<void> {
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return () => queryClient.invalidateQueries({ queryKey: visitTypesQuery(clinicId).queryKey })
}
