import type { NewVisitResource, VisitResource, VisitResourceChange } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { visitResourcesQuery } from '../../../domain/visits/visit-resources-query.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { useClinic } from '../use-clinic.ts'

type Change = VisitResourceChange & { withVisits?: boolean }

/** Changes a room or device; the list is read again afterwards. */
export function useChangeVisitResource(resourceId: string) {
  const { clinicId } = useClinic()
  const onSettled = useReread()
  return useMutation({
    mutationFn: ({ withVisits = false, ...body }: Change) =>
      dataOf(api.updateVisitResource({ path: { clinicId, resourceId }, query: { withVisits }, body })),
    onSettled,
  })
}

/**
 * Saves a room or device, or a new one. If the response was lost, saving the same form again adds no second one: the
 * request is sent with the same idempotency key.
 */
export function useSaveVisitResource(resource: VisitResource | null) {
  const { clinicId } = useClinic()
  const requestKeys = useRequestKeys()
  const onSettled = useReread()
  return useMutation({
    mutationFn: async ({ kind, name, units }: NewVisitResource): Promise<VisitResource> => {
      const ofDevice = kind === 'device' && units !== undefined ? { units } : {}
      if (resource !== null) {
        const path = { clinicId, resourceId: resource.id }
        return dataOf(api.updateVisitResource({ path, query: {}, body: { name, ...ofDevice } }))
      }
      const body = { kind, name, ...ofDevice }
      const headers = requestKeys.headersFor({ clinicId, body })
      return dataOf(api.createVisitResource({ path: { clinicId }, body, headers }))
    },
    onSuccess: () => requestKeys.clear(),
    onSettled,
  })
}

function useReread(): () => Promise<void> {
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return () => queryClient.invalidateQueries({ queryKey: visitResourcesQuery(clinicId).queryKey })
}
