import type { Block, BlockChange } from '@holdfast/contract/client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { FormFrame } from '../case/form-frame.tsx'
import { useTheatre } from '../use-theatre.ts'
import { isSameOwner, type Owner, OwnerFields, ownerOf, ownerOfBlock } from './owner-fields.tsx'
import { WholeNumber } from './whole-number.tsx'

/** Gives a block to another service or surgeon, and changes how many minutes it has for cases. */
export function BlockChangeForm({ block, onDone }: { block: Block; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId, reread } = useTheatre()
  const [owner, setOwner] = useState<Owner>(ownerOfBlock(block))
  const [minutes, setMinutes] = useState<number | string>(block.minutes)
  const changes: BlockChange[] = [
    ...(isSameOwner(owner, ownerOfBlock(block)) ? [] : [{ action: 'take_over' as const, ...ownerOf(owner) }]),
    ...(Number(minutes) === block.minutes ? [] : [{ action: 'resize' as const, minutes: Number(minutes) }]),
  ]
  const changing = useMutation({
    // Each can be repeated, so what a failure leaves undone is done by sending all again.
    mutationFn: async () => {
      for (const body of changes) await dataOf(api.changeBlock({ path: { clinicId, blockId: block.id }, body }))
    },
    onSuccess: () => {
      toastDone({ message: t('blocks.changed') })
      onDone()
    },
    onSettled: reread,
  })
  const lengthMinutes = Math.round((Date.parse(block.to) - Date.parse(block.from)) / 60_000)
  return (
    <FormFrame
      isBusy={changing.isPending}
      submit={t('save')}
      onLeave={onDone}
      onSubmit={() => (changes.length === 0 ? onDone() : changing.mutate())}
    >
      <OwnerFields owner={owner} onChange={setOwner} />
      <WholeNumber
        label={t('blocks.minutes')}
        description={t('blocks.minutesHelp')}
        min={1}
        max={lengthMinutes}
        value={minutes}
        onChange={setMinutes}
      />
      {changing.isError ? <ErrorState error={changing.error} /> : null}
    </FormFrame>
  )
}
