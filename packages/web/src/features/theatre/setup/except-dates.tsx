import { addDays, daysBetween, yearDaysMax } from '@holdfast/vocabulary'
import { Group, Pill, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDate } from '../../../lib/i18n/format.ts'
import { parseDay } from '../../../lib/time/local-time.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'

type ExceptDatesProps = {
  /** The days in their order. */
  days: readonly string[]
  onChange: (days: string[]) => void
}

/** Holidays and other days without the block, added one by one or from one day to another. */
export function ExceptDates({ days, onChange }: ExceptDatesProps) {
  const { t } = useTranslation('theatre')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const last = to === '' ? from : to
  const added = parseDay(from) === null || parseDay(last) === null ? 0 : daysBetween(from, last)
  const canAdd = added > 0 && days.length + added <= yearDaysMax
  const add = () => {
    const range = Array.from({ length: added }, (_, index) => addDays(from, index))
    onChange([...new Set([...days, ...range])].sort())
    setFrom('')
    setTo('')
  }
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <Text component="legend" size="sm" fw={500} mb={4}>
        {t('blocks.except')}
      </Text>
      <Stack gap="xs">
        <div className={layoutClasses.shortFields} style={{ alignItems: 'end' }}>
          <DateField label={t('blocks.exceptFrom')} value={from} onChange={setFrom} />
          <DateField label={t('blocks.exceptTo')} value={to} onChange={setTo} />
          <ActionButton variant="default" disabled={!canAdd} onClick={add}>
            {t('blocks.exceptAdd')}
          </ActionButton>
        </div>
        {days.length === 0 ? null : (
          <Group gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
            {days.map((day) => (
              <li key={day}>
                <Pill
                  size="lg"
                  withRemoveButton
                  removeButtonProps={{
                    'aria-label': t('blocks.exceptRemove', { day: formatDate(day) }),
                    'aria-hidden': false,
                    tabIndex: 0,
                  }}
                  onRemove={() => onChange(days.filter((one) => one !== day))}
                >
                  {formatDate(day, { day: 'numeric', month: 'short', year: 'numeric' })}
                </Pill>
              </li>
            ))}
          </Group>
        )}
      </Stack>
    </fieldset>
  )
}
