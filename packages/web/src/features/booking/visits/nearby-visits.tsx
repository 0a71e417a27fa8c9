import { Button, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ChosenSlot } from '../../../domain/free-times/no-times.tsx'
import type { Attempt } from '../../../domain/hold/attempt.ts'
import { useNearbyTimes } from '../../../domain/visits/use-nearby-times.ts'
import { sessionOf } from '../../../domain/visits/visit-times-query.ts'
import { formatLongDayTime } from '../../../lib/i18n/format.ts'
import classes from '../booking.module.css'

type NearbyProps = {
  attempt: Attempt
  visitTypeId: string
  doctorId: string
  timeZone: string
  onChoose: (slot: ChosenSlot) => void
}

/** The times nearest to one that has just been taken, each a button that holds it. */
export function NearbyVisits({
  attempt: { slot, appointmentType },
  visitTypeId,
  doctorId,
  timeZone,
  onChoose,
}: NearbyProps) {
  const { t } = useTranslation('booking')
  const nearest = useNearbyTimes({ doctorId, visitTypeId, startsAt: slot.startsAt, timeZone })
  if (nearest.length === 0) return null
  return (
    <div>
      <Text fw={600} mb="sm">
        {t('unavailable.alternatives')}
      </Text>
      <ul className={classes.alternatives}>
        {nearest.map((time) => (
          <li key={time.id}>
            <Button
              variant="light"
              fullWidth
              justify="flex-start"
              py="xs"
              onClick={() => onChoose({ ...time, id: sessionOf(time), visitTypeId, appointmentType })}
            >
              {formatLongDayTime(time.startsAt, timeZone)}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  )
}
