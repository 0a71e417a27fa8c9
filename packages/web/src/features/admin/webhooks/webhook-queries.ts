import type { NewWebhook, WebhookChange } from '@holdfast/contract/client'
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { pageByPage } from '../../../lib/api/read-pages.ts'
import { useCreateOnce } from '../../../lib/api/use-create-once.ts'
import { clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'
import { useClinic } from '../use-clinic.ts'

const pageSize = 20

export function webhooksQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'webhooks'],
    queryFn: async () => (await dataOf(api.listWebhooks({ path: { clinicId } }))).items,
    refetchInterval: rereadMs,
  })
}

/** What was sent to a webhook, the newest first, page by page. */
export function deliveriesQuery(clinicId: string, webhookId: string) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...webhooksQuery(clinicId).queryKey, webhookId, 'deliveries'],
    queryFn: ({ pageParam }) =>
      dataOf(api.listWebhookDeliveries({ path: { clinicId, webhookId }, query: { limit: pageSize, ...pageParam } })),
    refetchInterval: rereadMs,
  })
}

/** Everything that an administrator can do with a webhook; the lists are read again afterwards. */
export function useWebhookActions() {
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const onSettled = () => queryClient.invalidateQueries({ queryKey: webhooksQuery(clinicId).queryKey })
  const of = (webhookId: string) => ({ path: { clinicId, webhookId } })
  return {
    add: useCreateOnce({
      of: clinicId,
      send: (body: NewWebhook, headers) => dataOf(api.createWebhook({ path: { clinicId }, body, headers })),
      onSettled,
    }),
    change: useMutation({
      mutationFn: ({ id, body }: { id: string; body: WebhookChange }) => dataOf(api.updateWebhook({ ...of(id), body })),
      onSettled,
    }),
    test: useMutation({ mutationFn: (id: string) => dataOf(api.testWebhook(of(id))), onSettled }),
    rotate: useMutation({
      mutationFn: ({ id, ...body }: { id: string; password?: string }) =>
        dataOf(api.rotateWebhookSecret({ ...of(id), body })),
      onSettled,
    }),
    replay: useMutation({
      mutationFn: (id: string) => dataOf(api.replayWebhook({ ...of(id), body: { after: null } })),
      onSettled,
    }),
    remove: useMutation({ mutationFn: (id: string) => dataOf(api.deleteWebhook(of(id))), onSettled }),
  }
}
