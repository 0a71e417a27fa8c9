import { Group, Stack, Title } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DayCounts } from '../../domain/bookings/day-list.tsx'
import { SlotCalendar } from '../../domain/calendar/slot-calendar.tsx'
import { SlotDialog } from '../../domain/calendar/slot-dialog.tsx'
import { formatDate } from '../../lib/format.ts'
import { DayNav } from '../../ui/day-nav.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { LiveNote } from '../../ui/live-note.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import { useOwnDays } from './use-own-days.ts'

/** The week as a calendar. */
export function WeekPage() {
  const { t } = useTranslation('doctor-day')
  const days = useOwnDays('week')
  const navigate = useNavigate()
  const [slotId, setSlotId] = useState<string | null>(null)
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <Title order={2}>{t('weekOf', { from: formatDate(days.from), to: formatDate(days.to) })}</Title>
        <DayNav day={days.day} today={days.today} step={7} onChange={days.show} />
      </Group>
      {days.error ? (
        <ErrorState error={days.error} retry={days.retry} />
      ) : days.isPending ? (
        <PageLoading />
      ) : days.slots.length === 0 ? (
        <EmptyState title={t('noTimes')} help={t('noTimesHelp')}>
          <LinkButton to="/my-day/times" search={{}}>
            {t('createTimes')}
          </LinkButton>
        </EmptyState>
      ) : (
        <>
          <Group justify="space-between">
            <DayCounts bookings={days.bookings} />
            <LiveNote state={days.live} updatedAt={days.updatedAt} />
          </Group>
          <SlotCalendar
            view="week"
            day={days.from}
            slots={days.slots}
            bookings={days.bookings}
            timeZone={days.clinic.timezone}
            onSlot={setSlotId}
            onDay={(day) => void navigate({ to: '/my-day', search: (before) => ({ ...before, day }) })}
          />
        </>
      )}
      <SlotDialog
        slot={days.slots.find(({ id }) => id === slotId)}
        bookings={days.bookings}
        clinicId={days.clinic.id}
        timeZone={days.clinic.timezone}
        onClose={() => setSlotId(null)}
      />
    </Stack>
  )
}
