import type { OpeningHours } from '@holdfast/contract/client'
import { openingHoursMax } from '@holdfast/vocabulary'
import { Button, Group, NativeSelect, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatNumber, formatWeekday } from '../../../lib/i18n/format.ts'
import { EndTimeField, TimeField } from '../../../ui/fields/time-field.tsx'
import classes from './hours-fields.module.css'

type HoursFieldsProps = { hours: OpeningHours[]; onChange: (hours: OpeningHours[]) => void }

/** A room’s opening times: any number on a day, so that a break is two of them. */
export function HoursFields({ hours, onChange }: HoursFieldsProps) {
  const { t } = useTranslation('theatre')
  // Rows have no other identity than their place.
  const rows = hours.map((one, index) => ({ one, index }))
  const lastDay = hours.at(-1)?.weekday ?? 0
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <legend style={{ fontWeight: 500, marginBottom: 4 }}>{t('setup.hours')}</legend>
      <Stack gap="xs">
        {rows.map(({ one, index }) => (
          <HoursRow
            key={index}
            one={one}
            number={formatNumber(index + 1)}
            onChange={(next) => onChange(hours.map((other, at) => (at === index ? next : other)))}
            onRemove={() => onChange(hours.filter((_, at) => at !== index))}
          />
        ))}
        {hours.length >= openingHoursMax ? null : (
          <Group>
            <Button
              size="sm"
              variant="default"
              onClick={() => onChange([...hours, { weekday: (lastDay % 7) + 1, from: '08:00', to: '16:00' }])}
            >
              {t('setup.addHours')}
            </Button>
          </Group>
        )}
      </Stack>
    </fieldset>
  )
}

type HoursRowProps = {
  one: OpeningHours
  number: string
  onChange: (next: OpeningHours) => void
  onRemove: () => void
}

function HoursRow({ one, number, onChange, onRemove }: HoursRowProps) {
  const { t } = useTranslation('theatre')
  return (
    <div className={classes.row}>
      <NativeSelect
        size="sm"
        label={t('setup.weekday')}
        aria-label={t('setup.weekdayOf', { number })}
        value={String(one.weekday)}
        onChange={({ currentTarget }) => onChange({ ...one, weekday: Number(currentTarget.value) })}
        data={[1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: String(day), label: formatWeekday(day) }))}
      />
      <TimeField
        size="sm"
        required
        withAsterisk={false}
        label={t('setup.opens')}
        aria-label={t('setup.opensOf', { number })}
        value={one.from}
        onChange={(value) => onChange({ ...one, from: value })}
      />
      <EndTimeField
        size="sm"
        required
        withAsterisk={false}
        label={t('setup.closes')}
        aria-label={t('setup.closesOf', { number })}
        value={one.to}
        onChange={(value) => onChange({ ...one, to: value })}
      />
      <Button size="sm" variant="default" aria-label={t('setup.removeHoursOf', { number })} onClick={onRemove}>
        {t('setup.remove')}
      </Button>
    </div>
  )
}
