import { addDays, localDay } from '@holdfast/vocabulary'
import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { ChosenSlot } from '../../../domain/free-times/no-times.tsx'
import type { Attempt } from '../../../domain/hold/attempt.ts'
import { nearestTimes } from '../../../domain/visits/nearest-times.ts'
import { sessionOf, visitTimesQuery } from '../../../domain/visits/visit-times-query.ts'
import { formatLongDayTime } from '../../../lib/i18n/format.ts'
import classes from '../booking.module.css'

const shownMax = 3
const days = { before: 7, after: 14 } as const

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
  const day = localDay(slot.startsAt, timeZone)
  const visitType = { id: visitTypeId, capacity: 1 }
  const of = { doctorId, visitType, from: addDays(day, -days.before), to: addDays(day, days.after) }
  const found = useQuery({ ...visitTimesQuery(of), staleTime: 0 }).data?.items ?? []
  const nearest = nearestTimes(found, slot.startsAt, shownMax)
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
