import type { NewApiKey } from '@holdfast/contract/client'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useCreateOnce } from '../../../lib/api/use-create-once.ts'
import { clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'
import { useClinic } from '../use-clinic.ts'

export function apiKeysQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'api-keys'],
    queryFn: async () => (await dataOf(api.listApiKeys({ path: { clinicId } }))).items,
    refetchInterval: rereadMs,
  })
}

/** Everything that an administrator can do with an API key; the list is read again afterwards. */
export function useApiKeyActions() {
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const onSettled = () => queryClient.invalidateQueries({ queryKey: apiKeysQuery(clinicId).queryKey })
  const of = (keyId: string) => ({ path: { clinicId, keyId } })
  return {
    add: useCreateOnce({
      of: clinicId,
      send: (body: NewApiKey, headers) => dataOf(api.createApiKey({ path: { clinicId }, body, headers })),
      onSettled,
    }),
    rotate: useMutation({
      mutationFn: ({ id, ...body }: { id: string; password?: string }) => dataOf(api.rotateApiKey({ ...of(id), body })),
      onSettled,
    }),
    endPrevious: useMutation({ mutationFn: (id: string) => dataOf(api.endPreviousApiKey(of(id))), onSettled }),
    remove: useMutation({ mutationFn: (id: string) => dataOf(api.deleteApiKey(of(id))), onSettled }),
  }
}
