import { Progress, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { TFunction } from 'i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'

/** More slots than these are not undone one by one; their days can be withdrawn. */
export const undoSlotsMax = 500
const atOnce = 4

/** Withdraws slots just created, with the progress in the toast `id`. Slots that were booked in the meantime stay. */
export async function undoSlots(id: string, slotIds: readonly string[], t: TFunction<'schedule'>): Promise<void> {
  let done = 0
  let notUndone = 0
  const show = () =>
    notifications.update({
      id,
      autoClose: false,
      loading: true,
      message: (
        <Stack gap={6}>
          <span>{t('undoing')}</span>
          <Progress value={(done / slotIds.length) * 100} aria-label={t('undoing')} />
        </Stack>
      ),
    })
  const waiting = [...slotIds]
  const work = async () => {
    for (let slotId = waiting.pop(); slotId !== undefined; slotId = waiting.pop()) {
      try {
        await dataOf(api.withdrawSlot({ path: { slotId }, query: { withBookings: false } }))
      } catch (error) {
        // The slot was booked, started or withdrawn in the meantime, or the request failed: all count as not undone.
        if (refusalCode(error) !== 'slot_not_found') notUndone += 1
      }
      done += 1
      if (done % 10 === 0) show()
    }
  }
  show()
  await Promise.all(Array.from({ length: atOnce }, work))
  notifications.update({
    id,
    loading: false,
    autoClose: 6_000,
    color: notUndone === 0 ? 'pine' : 'red',
    message: notUndone === 0 ? t('undone') : t('undoneExcept', { count: notUndone }),
  })
}
