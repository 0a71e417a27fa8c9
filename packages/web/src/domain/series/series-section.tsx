import type { Booking } from '@holdfast/contract/client'
import { Alert, Button, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { ConfirmDialog } from '../../ui/dialogs/confirm-dialog.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { Panel } from '../../ui/panel.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { ownStatusLabel } from '../bookings/status-label.ts'
import { MoveSeries } from './move-series.tsx'
import { reasonKey } from './refusal-text.ts'
import { type SeriesAccess, seriesQuery, useSeriesChange } from './series-queries.ts'

type SeriesProps = SeriesAccess & { timeZone: string }
type Scope = 'later' | 'all'

/** The series that a booking belongs to, with its other visits, and what is done with several of them at once. */
export function SeriesSection({ booking, manageToken, timeZone }: SeriesProps) {
  const { t } = useTranslation(['series', 'shell'])
  const place = booking.series
  const found = useQuery({ ...seriesQuery(place?.id ?? '', manageToken), enabled: place !== undefined })
  const change = useSeriesChange({ booking, manageToken })
  const [dialog, setDialog] = useState<{ what: 'cancel' | 'move'; scope: Scope } | null>(null)
  if (place === undefined) return null
  const items = found.data?.items ?? []
  const isChangeable = booking.status === 'CONFIRMED' && items.filter(isOpen).length > 1
  const fromNumber = dialog?.scope === 'all' ? 1 : place.number
  const close = () => {
    setDialog(null)
    if (change.isError) change.reset()
  }
  const open = (what: 'cancel' | 'move', scope: Scope) => {
    change.reset()
    setDialog({ what, scope })
  }
  return (
    <Panel id="booking-series" title={t('place', { number: place.number, total: place.total })}>
      {found.isError ? <ErrorState error={found.error} retry={() => void found.refetch()} /> : null}
      <ol aria-label={t('others')} style={{ margin: 0, paddingInlineStart: '1.5em' }}>
        {items.map((one) => (
          <li key={one.id} value={one.series?.number} aria-current={one.id === booking.id ? 'true' : undefined}>
            <Text span fw={one.id === booking.id ? 700 : 400} className="tabular">
              {formatDayTime(one.startsAt, timeZone)}
            </Text>
            {one.status === 'CONFIRMED' ? null : ` · ${t(`shell:${ownStatusLabel(one)}`)}`}
          </li>
        ))}
      </ol>
      <Changed change={change} items={items} timeZone={timeZone} />
      {isChangeable ? (
        <Stack gap="xs" className="no-print">
          <div className={layoutClasses.actions}>
            {(['later', 'all'] as const).map((scope) => (
              <Button key={scope} variant="default" size="sm" onClick={() => open('move', scope)}>
                {t(`move.${scope}`)}
              </Button>
            ))}
            {(['later', 'all'] as const).map((scope) => (
              <Button key={scope} variant="default" size="sm" onClick={() => open('cancel', scope)}>
                {t(`cancel.${scope}`)}
              </Button>
            ))}
          </div>
          <Text size="sm" c="dimmed">
            {t('cancelOne')}
          </Text>
        </Stack>
      ) : null}
      <ConfirmDialog
        title={t(dialog?.scope === 'all' ? 'cancel.titleAll' : 'cancel.titleLater')}
        isOpen={dialog?.what === 'cancel'}
        onClose={close}
        confirm={t('cancel.confirm')}
        onConfirm={() => change.mutate({ cancel: { fromNumber } }, { onSuccess: close })}
        isBusy={change.isPending}
        error={change.error}
      >
        <Text>{t('cancel.help')}</Text>
      </ConfirmDialog>
      {dialog?.what === 'move' ? (
        <MoveSeries
          {...{ booking, manageToken, timeZone, fromNumber, change }}
          title={t(dialog.scope === 'all' ? 'move.titleAll' : 'move.titleLater')}
          onClose={close}
        />
      ) : null}
    </Panel>
  )
}

const isOpen = ({ status }: Booking) => status === 'CONFIRMED'

type ChangedProps = { change: ReturnType<typeof useSeriesChange>; items: readonly Booking[]; timeZone: string }

/** What was done, and which visits stay as they are. */
function Changed({ change, items, timeZone }: ChangedProps) {
  const { t } = useTranslation('series')
  const { data, variables } = change
  if (data === undefined || variables === undefined) return null
  const unchanged = data.changes.filter(({ outcome }) => outcome === 'unchanged')
  const startOf = (bookingId: string) => items.find(({ id }) => id === bookingId)?.startsAt
  return (
    <Alert role="status" variant="outline" color={unchanged.length === 0 ? 'pine' : 'amber'}>
      {unchanged.length < data.changes.length ? (
        <Text>{t('cancel' in variables ? 'cancel.done' : 'move.done')}</Text>
      ) : null}
      {unchanged.length === 0 ? null : <Text>{t('unchanged')}</Text>}
      {unchanged.map(({ bookingId, code, startsAt }) => (
        <Text key={bookingId}>
          {formatDayTime(startOf(bookingId) ?? startsAt ?? '', timeZone)}: {t(reasonKey(code))}
        </Text>
      ))}
    </Alert>
  )
}
