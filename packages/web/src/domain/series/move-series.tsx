import type { ChangedBookingSeries } from '@holdfast/contract/client'
import { daysBetween, localDay } from '@holdfast/vocabulary'
import { Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { DateField } from '../../ui/fields/date-field.tsx'
import { TimeField } from '../../ui/fields/time-field.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { reasonKey } from './refusal-text.ts'
import { movePreviewQuery, type SeriesAccess, type useSeriesChange } from './series-queries.ts'

type MoveProps = SeriesAccess & {
  title: string
  timeZone: string
  fromNumber: number
  change: ReturnType<typeof useSeriesChange>
  onClose: () => void
}

/** Moves visits of a series by as much as this one, after a look at what is free. */
export function MoveSeries({ booking, manageToken, title, timeZone, fromNumber, change, onClose }: MoveProps) {
  const { t } = useTranslation('series')
  const firstDay = localDay(booking.startsAt, timeZone)
  const firstTime = localTime(booking.startsAt, timeZone)
  const [day, setDay] = useState(firstDay)
  const [time, setTime] = useState(firstTime)
  const isChanged = day !== '' && time !== '' && (day !== firstDay || time !== firstTime)
  const shift = { fromNumber, days: isChanged ? daysFrom(firstDay, day) : 0, time }
  const preview = useQuery({
    ...movePreviewQuery(booking.series?.id ?? '', manageToken, shift),
    enabled: isChanged && Math.abs(shift.days) <= 366,
  })
  const canMove = isChanged && preview.data?.changes.some(({ outcome }) => outcome === 'free') === true
  return (
    <Dialog isForm isOpen title={title} onClose={onClose} size="lg">
      <Stack gap="md">
        <Text>{t('move.help')}</Text>
        <Group gap="sm" align="start">
          <DateField label={t('move.day')} value={day} onChange={setDay} min={localDay(Date.now(), timeZone)} />
          <TimeField label={t('move.time')} value={time} onChange={setTime} />
        </Group>
        {preview.data === undefined ? null : <Preview of={preview.data} timeZone={timeZone} />}
        {preview.isError ? <ErrorState error={preview.error} /> : null}
        {change.error === null ? null : <ErrorState error={change.error} />}
        <Group gap="sm">
          <ActionButton
            isBusy={change.isPending}
            disabled={!canMove}
            onClick={() => change.mutate({ move: shift }, { onSuccess: onClose })}
          >
            {t('move.confirm')}
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  )
}

function Preview({ of: { changes, items }, timeZone }: { of: ChangedBookingSeries; timeZone: string }) {
  const { t } = useTranslation('series')
  return (
    <ol aria-label={t('move.preview')} style={{ margin: 0, paddingInlineStart: '1.5em' }}>
      {changes.map(({ number, bookingId, outcome, startsAt, code }) => {
        const from = formatDayTime(items.find(({ id }) => id === bookingId)?.startsAt ?? '', timeZone)
        return (
          <li key={bookingId} value={number}>
            {outcome === 'free' && startsAt !== null
              ? t('move.to', { from, to: formatDayTime(startsAt, timeZone) })
              : `${from}: ${t('move.unchanged', { reason: t(reasonKey(code)) })}`}
          </li>
        )
      })}
    </ol>
  )
}

function daysFrom(one: string, other: string): number {
  return daysBetween(one, other) - 1
}

/** `HH:MM` */
function localTime(instant: string, timeZone: string): string {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainTime().toString().slice(0, 5)
}
