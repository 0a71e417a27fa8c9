import { addDays } from '@holdfast/vocabulary'
import { ActionIcon, Group } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { parseDay } from '../lib/time/local-time.ts'
import { ActionButton } from './buttons/action-button.tsx'
import classes from './day-nav.module.css'
import { DateField } from './fields/date-field.tsx'
import { Icon } from './icon.tsx'

type DayNavProps = {
  day: string
  today: string
  /** 1 for a day at a time, 7 for a week. */
  step: 1 | 7
  onChange: (day: string) => void
}

/** Moves one step back or forwards, to today, or to any day. */
export function DayNav({ day, today, step, onChange }: DayNavProps) {
  const { t } = useTranslation('schedule')
  const unit = step === 1 ? 'day' : 'week'
  return (
    <Group gap="xs" className={`${classes.nav} no-print`} align="end">
      <ActionIcon
        size={44}
        variant="default"
        data-day-move="previous"
        aria-label={t(`${unit}.previous`)}
        onClick={() => onChange(addDays(day, -step))}
      >
        <Icon of={IconChevronLeft} isMirrored />
      </ActionIcon>
      <ActionButton variant="default" data-day-move="today" onClick={() => onChange(today)} disabled={day === today}>
        {t('today')}
      </ActionButton>
      <ActionIcon
        size={44}
        variant="default"
        data-day-move="next"
        aria-label={t(`${unit}.next`)}
        onClick={() => onChange(addDays(day, step))}
      >
        <Icon of={IconChevronRight} isMirrored />
      </ActionIcon>
      <DateField
        aria-label={t('goTo')}
        value={day}
        onChange={(value) => {
          const wanted = parseDay(value)
          if (wanted !== null) onChange(wanted)
        }}
      />
    </Group>
  )
}
