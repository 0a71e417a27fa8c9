import type { Clinic, Slot } from '@holdfast/contract/client'
import { Alert, Button, Group, Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { slotsOfWeekQuery } from '../../domain/free-times/slots-of-week-query.ts'
import { isBookable } from '../../domain/free-times/week-days.ts'
import type { Details } from '../../domain/hold/attempt.ts'
import { formatLongDayTime, formatNumber } from '../../lib/i18n/format.ts'
import { serverNow } from '../../lib/time/server-clock.ts'

type WantedTimeProps = {
  slotId: string
  units: number
  doctorId: string
  clinic: Clinic
  from: string
  /** The details that are filled in; undefined: not known yet. */
  earlier: Details | null | undefined
  onChoose: (slot: Slot, units?: number) => void
}

/** The time that a link in an e-mail is about, with a button that holds it: opening the link changes nothing. */
export function WantedTime({ slotId, units, doctorId, clinic, from, earlier, onChoose }: WantedTimeProps) {
  const { t } = useTranslation(['booking-more', 'booking'])
  const slots = useQuery(slotsOfWeekQuery(doctorId, from))
  if (slots.data === undefined && slots.isError) return null
  if (slots.data === undefined || earlier === undefined) return <Skeleton height="5rem" radius="lg" />
  const slot = slots.data.items.find(({ id }) => id === slotId)
  const isFree = slot !== undefined && slot.available >= units && isBookable(slot, clinic.settings, serverNow())
  return (
    <Alert variant="outline" radius="lg" role="status" mih="5rem">
      {isFree ? (
        <Group gap="sm">
          <Text>
            {t('wanted.free', { when: formatLongDayTime(slot.startsAt, clinic.timezone) })}
            {units === 1 ? '' : ` (${t('booking:week.places', { count: units, places: formatNumber(units) })})`}
          </Text>
          <Button onClick={() => onChoose(slot, units === 1 ? undefined : units)}>{t('wanted.book')}</Button>
        </Group>
      ) : (
        <Text>{t('wanted.gone')}</Text>
      )}
      {earlier === null ? null : (
        <Text size="sm" c="dimmed" mt={4}>
          {t('wanted.filledIn')}
        </Text>
      )}
    </Alert>
  )
}
