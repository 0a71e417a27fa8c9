import { addDays } from '@holdfast/vocabulary'
import { ActionIcon, Group } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { DateField } from '../../ui/fields/date-field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { daysShown } from './week-days.ts'

type NavigationProps = { from: string; today: string; onFrom: (from: string) => void }

/** Moves a week forwards or back, or to any day, never into the past. */
export function WeekNavigation({ from, today, onFrom }: NavigationProps) {
  const { t } = useTranslation('booking')
  const go = (date: string) => onFrom(date < today ? today : date)
  return (
    <Group gap="xs" align="end" wrap="nowrap">
      <ActionIcon
        variant="default"
        size={42}
        aria-label={t('week.previous')}
        // The button is not disabled: going back to today would lose the focus.
        aria-disabled={from <= today || undefined}
        {...(from <= today ? { 'data-disabled': true } : {})}
        onClick={() => go(addDays(from, -daysShown))}
      >
        <Icon of={IconChevronLeft} isMirrored />
      </ActionIcon>
      <DateField
        aria-label={t('week.from')}
        value={from}
        min={today}
        onChange={(value) => {
          // The field was cleared, or the date is incomplete.
          if (/^20\d\d-\d\d-\d\d$/.test(value)) go(value)
        }}
      />
      <ActionIcon variant="default" size={42} aria-label={t('week.next')} onClick={() => go(addDays(from, daysShown))}>
        <Icon of={IconChevronRight} isMirrored />
      </ActionIcon>
    </Group>
  )
}
