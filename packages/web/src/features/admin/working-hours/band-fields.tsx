import { addDays, firstWeekOf, mondayOf, sessionLimits, workingHoursLimits } from '@holdfast/vocabulary'
import { Button, Group, NativeSelect, Paper, Radio, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatDate } from '../../../lib/i18n/format.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { EndTimeField, TimeField } from '../../../ui/fields/time-field.tsx'
import { WeekdaysField } from '../../../ui/fields/weekdays-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { BandDays } from './band-days.tsx'
import { BreakFields } from './break-fields.tsx'
import { type BandDraft, capacityMax, problemOf, weeksOf } from './hours-draft.ts'

type BandProps = {
  band: BandDraft
  /** Its place in the form, from 1. */
  number: number
  /** Of the new hours. */
  days: { validFrom: string; validUntil: string }
  onChange: (band: BandDraft) => void
  /** Whether there is room for the row that a break adds. */
  canDivide: boolean
  onDivide: (bands: BandDraft[]) => void
  onRemove: () => void
}

/** A row of working hours: its days and times, and what is created. */
export function BandFields({ band, number, days, canDivide, onChange, onDivide, onRemove }: BandProps) {
  const { t } = useTranslation('working-hours')
  const { weekdays, from, to, everyWeeks } = band
  const set = (part: Partial<BandDraft>) => onChange({ ...band, ...part })
  const problem = problemOf(band)
  const error = problem === null ? null : t(`problem.${problem}`)
  return (
    <Paper withBorder p="md" radius="lg" role="group" aria-label={t('band', { number })}>
      <Stack gap="md">
        <Text fw={600}>{t('band', { number })}</Text>
        <WeekdaysField
          size="md"
          label={t('weekdays')}
          value={weekdays}
          onChange={(chosen) => set({ weekdays: chosen })}
          error={problem === 'weekdays' ? error : null}
        />
        <div className={layoutClasses.shortFields}>
          <TimeField label={t('from')} value={from} onChange={(time) => set({ from: time })} />
          <EndTimeField
            label={t('to')}
            value={to}
            onChange={(time) => set({ to: time })}
            error={problem === 'times' && from !== '' && to !== '' ? error : null}
          />
          <BoundedNumber
            label={t('everyWeeks')}
            {...workingHoursLimits.everyWeeks}
            allowDecimal={false}
            value={everyWeeks}
            onChange={(weeks) => set({ everyWeeks: weeks })}
          />
        </div>
        {to !== '' && to !== '24:00' && to < from ? <Text c="dimmed">{t('nextDay')}</Text> : null}
        {canDivide || band.pause !== null ? (
          <BreakFields {...{ band, number, onDivide }} onChange={(pause) => set({ pause })} />
        ) : null}
        {days.validFrom === '' || problem !== null ? null : <WeekFields band={band} days={days} set={set} />}
        <WhatFields band={band} set={set} error={problem === 'minutes' ? error : null} />
        <Group>
          <Button size="sm" variant="default" aria-label={t('removeBand', { number })} onClick={onRemove}>
            {t('remove')}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}

type WeekProps = Pick<BandProps, 'band' | 'days'> & { set: (part: Partial<BandDraft>) => void }

/** Of a row that is not of each week: the first of its weeks, and the days that follow from this. */
function WeekFields({ band, days: { validFrom, validUntil }, set }: WeekProps) {
  const { t } = useTranslation('working-hours')
  const weeks = weeksOf(band, validFrom)
  if (weeks.everyWeeks === 1) return null
  const mondays = Array.from({ length: weeks.everyWeeks }, (_, nth) => addDays(mondayOf(validFrom), 7 * nth))
  const times = { weekdays: band.weekdays.map(Number), ...weeks }
  return (
    <div>
      <NativeSelect
        maw="24rem"
        label={t('firstWeek')}
        value={firstWeekOf(weeks, validFrom)}
        onChange={({ currentTarget }) => set({ inWeekOf: currentTarget.value })}
        data={mondays.map((monday) => ({ value: monday, label: t('weekOf', { day: formatDate(monday) }) }))}
      />
      <Text c="dimmed" mt={6}>
        <BandDays band={times} from={validFrom} until={validUntil === '' ? null : validUntil} />
      </Text>
    </div>
  )
}

type WhatProps = { band: BandDraft; set: (part: Partial<BandDraft>) => void; error: string | null }

function WhatFields({ band: { kind, minutes, capacity }, set, error }: WhatProps) {
  const { t } = useTranslation('working-hours')
  const isSession = kind === 'session'
  const limits = isSession ? sessionLimits.gridMinutes : workingHoursLimits.slotMinutes
  return (
    <>
      <Radio.Group
        label={t('kind')}
        value={kind}
        onChange={(chosen) =>
          set(chosen === 'slots' ? { kind: 'slots', minutes: 15 } : { kind: 'session', minutes: 10 })
        }
      >
        <Stack gap="xs" mt={6}>
          <Radio value="session" label={t('session')} description={t('sessionHelp')} />
          <Radio value="slots" label={t('slots')} description={t('slotsHelp')} />
        </Stack>
      </Radio.Group>
      <div className={layoutClasses.shortFields}>
        <BoundedNumber
          label={t(isSession ? 'gridMinutes' : 'slotMinutes')}
          {...limits}
          allowDecimal={false}
          value={minutes}
          error={error}
          onChange={(value) => set({ minutes: value })}
        />
        {isSession ? null : (
          <BoundedNumber
            label={t('capacity')}
            min={1}
            max={capacityMax}
            allowDecimal={false}
            value={capacity}
            onChange={(value) => set({ capacity: value })}
          />
        )}
      </div>
    </>
  )
}
