import type { Slot } from '@holdfast/contract/client'
import { Group, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { BoundedNumber } from '../../ui/fields/bounded-number.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import { slotRuleLimits } from '../slots/slot-rule-draft.ts'

type SlotCapacityProps = {
  slot: Slot
  /** The units of its bookings: its free units do not tell, because a blocked slot has none. */
  taken: number
  clinicId: string
}

/** Changes how many places a slot has: not fewer than are taken. */
export function SlotCapacity({ slot, taken, clinicId }: SlotCapacityProps) {
  const { t } = useTranslation('schedule')
  const queryClient = useQueryClient()
  // What was typed before the slot changed is not what anybody wants now.
  const [typed, setTyped] = useState<{ places: number | string; of: number } | null>(null)
  const places = typed?.of === slot.capacity ? typed.places : slot.capacity
  const { min, max } = slotRuleLimits.capacity
  const change = useMutation({
    mutationFn: (capacity: number) => dataOf(api.changeSlot({ path: { slotId: slot.id }, body: { capacity } })),
    onSuccess: ({ capacity }) => toastDone({ message: t('capacity.done', { count: capacity }) }),
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: slotsKey(slot.doctorId) })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate(Number(places))
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <Group gap="sm" align="flex-end">
          <BoundedNumber
            label={t('capacity.label')}
            value={places}
            min={Math.max(min, taken)}
            max={max}
            allowDecimal={false}
            required
            withAsterisk={false}
            w="8rem"
            onChange={(value) => setTyped({ places: value, of: slot.capacity })}
          />
          <ActionButton type="submit" variant="default" isBusy={change.isPending} disabled={places === slot.capacity}>
            {t('capacity.change')}
          </ActionButton>
        </Group>
        {change.isError ? <ErrorState error={change.error} /> : null}
      </Stack>
    </form>
  )
}
