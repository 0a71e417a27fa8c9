import type { Slot } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import type { slotsQuery } from '../../lib/queries/slots-query.ts'

type NextSlotProps = {
  /** free: that the clinic can book. */
  kind: 'free' | 'slot'
  /** The slots of these local days. */
  timesOf: (from: string, to: string) => ReturnType<typeof slotsQuery>
  /** The last day of a week without any. */
  after: string
  timeZone: string
  fits?: (slot: Slot) => boolean
  onShow: (day: string) => void
}

/** The first slot after an empty week, with a button that shows its week. */
export function NextSlot({ kind, timesOf, after, timeZone, fits = () => true, onShow }: NextSlotProps) {
  const { t } = useTranslation('schedule')
  const later = useQuery(timesOf(addDays(after, 1), addDays(after, listedDaysMax)))
  const next = later.data?.items.find(fits)
  if (next === undefined) return null
  return (
    <Group gap="sm">
      <Text role="status">{t(`next.${kind}`, { when: formatDayTime(next.startsAt, timeZone) })}</Text>
      <Button
        size="sm"
        onClick={({ currentTarget }) => {
          // The button is gone then.
          currentTarget.closest<HTMLElement>('[data-weeks]')?.focus({ preventScroll: true })
          onShow(localDay(next.startsAt, timeZone))
        }}
      >
        {t('next.show')}
      </Button>
    </Group>
  )
}
