import type { Slot } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Button, Text } from '@mantine/core'
import { formatDay } from '../../lib/i18n/format.ts'
import classes from './times-by-day.module.css'

export type TimesByDayProps = {
  slots: readonly Slot[]
  timeZone: string
  chosen: Slot | null
  onChoose: (slot: Slot | null) => void
  labelOf: (slot: Slot) => string
}

/** The times of each day, as buttons; a second press takes the choice back. */
export function TimesByDay({ slots, chosen, onChoose, timeZone, labelOf }: TimesByDayProps) {
  return [...Map.groupBy(slots, ({ startsAt }) => localDay(startsAt, timeZone))].map(([date, times]) => (
    <section key={date} aria-label={formatDay(times[0]?.startsAt ?? date, timeZone)}>
      <Text fw={600} mb={6}>
        {formatDay(times[0]?.startsAt ?? date, timeZone)}
      </Text>
      <ul className={classes.times}>
        {times.map((slot) => (
          <li key={slot.id}>
            <Button
              size="sm"
              variant={chosen?.id === slot.id ? 'filled' : 'default'}
              aria-pressed={chosen?.id === slot.id}
              className="tabular"
              onClick={() => onChoose(chosen?.id === slot.id ? null : slot)}
            >
              {labelOf(slot)}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  ))
}
