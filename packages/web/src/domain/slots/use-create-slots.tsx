import type { CreatedSlots, SlotRule } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { randomKey } from '../../lib/api/random-key.ts'
import { useRequestKeys } from '../../lib/api/request-keys.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'
import { toastDone } from '../../ui/toast.ts'
import { undoSlots, undoSlotsMax } from './undo-created-slots.tsx'

/** Creates slots by a rule: `preview` reports what `creation` would create. The creation can be undone in a toast. */
export function useCreateSlots(doctorId: string, clinicId: string) {
  const { t } = useTranslation('schedule')
  const queryClient = useQueryClient()
  // Repeated after a lost response, it has the slots that were created, and they can still be undone.
  const requestKeys = useRequestKeys()
  const reread = async () => {
    await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
    await queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
  }
  const preview = useMutation({
    mutationFn: (rule: SlotRule) =>
      dataOf(api.createSlots({ path: { doctorId }, query: { dryRun: true }, body: { rule } })),
    // What is created after another preview is a new request: slots may have been withdrawn meanwhile.
    onSuccess: () => requestKeys.clear(),
  })
  const creation = useMutation({
    mutationFn: (rule: SlotRule): Promise<CreatedSlots> => {
      const headers = requestKeys.headersFor({ doctorId, rule })
      return dataOf(api.createSlots({ path: { doctorId }, body: { rule }, headers }))
    },
    onSuccess: (created) => {
      requestKeys.clear()
      const slotIds = created.items.flatMap(({ outcome, slotId }) =>
        outcome === 'created' && slotId !== null ? [slotId] : [],
      )
      const toastId = randomKey()
      toastDone({
        id: toastId,
        message:
          slotIds.length === 0 || slotIds.length > undoSlotsMax ? (
            t('rule.created', { count: created.created })
          ) : (
            <Group justify="space-between">
              <span>{t('rule.created', { count: created.created })}</span>
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => void undoSlots(toastId, slotIds, t).then(reread)}
              >
                {t('undo')}
              </Button>
            </Group>
          ),
      })
    },
    onSettled: reread,
  })
  return { preview, creation }
}
