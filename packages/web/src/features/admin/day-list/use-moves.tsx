import type { Booking } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { problemMessage } from '../../../lib/api/problem-message.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import type { Move } from './moved-times.ts'

/** Several moves. `doctorId`: all go to this doctor; absent: each keeps theirs. */
export type Moves = { moves: Move[]; doctorId?: string }

/** Looks what moves would do, and makes them. A button in the toast moves back what was moved. */
export function useMoves(clinicId: string) {
  const { t } = useTranslation('series')
  const { t: tProblem } = useTranslation('problems')
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const path = { clinicId }
  const onSettled = () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
  const send = (body: Moves) => dataOf(api.moveBookings({ path, body, headers: requestKeys.headersFor(body) }))
  const undo = async (back: Moves) => {
    try {
      const { changes } = await send(back)
      requestKeys.clear()
      const isDone = changes.every(({ outcome }) => outcome === 'moved')
      ;(isDone ? toastDone : toastFailed)({ message: t(isDone ? 'several.undone' : 'several.notUndone') })
    } catch (error) {
      const { title, help } = problemMessage(error as Error, tProblem)
      toastFailed({ title, message: help })
    }
    await onSettled()
  }
  /** @param back what undoes it */
  const announce = (back: Moves) =>
    toastDone({
      message: (
        <Group justify="space-between">
          <span>{t('move.done')}</span>
          <Button size="compact-sm" variant="default" onClick={() => void undo(back)}>
            {t('several.undo')}
          </Button>
        </Group>
      ),
    })
  return {
    announce,
    preview: useMutation({
      mutationFn: ({ bookings: _, ...body }: Moves & { bookings: readonly Booking[] }) =>
        dataOf(api.moveBookings({ path, body: { ...body, dryRun: true } })),
    }),
    move: useMutation({ mutationFn: send, onSuccess: () => requestKeys.clear(), onSettled }),
  }
}
