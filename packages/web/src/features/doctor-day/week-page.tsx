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
  const own = useOwnDays('week')
  const navigate = useNavigate()
  const [slotId, setSlotId] = useState<string | null>(null)
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <Title order={2}>{t('weekOf', { from: formatDate(own.from), to: formatDate(own.to) })}</Title>
        <DayNav day={own.day} today={own.today} step={7} onChange={own.show} />
      </Group>
      {own.error ? (
        <ErrorState error={own.error} retry={own.retry} />
      ) : own.isPending ? (
        <PageLoading />
      ) : own.slots.length === 0 ? (
        <EmptyState title={t('noTimes')} help={t('noTimesHelp')}>
          <LinkButton to="/my-day/times" search={{}}>
            {t('createTimes')}
          </LinkButton>
        </EmptyState>
      ) : (
        <>
          <Group justify="space-between">
            <DayCounts bookings={own.bookings} />
            <LiveNote state={own.live} updatedAt={own.updatedAt} />
          </Group>
          <SlotCalendar
            view="week"
            day={own.from}
            slots={own.slots}
            bookings={own.bookings}
            timeZone={own.clinic.timezone}
            onSlot={setSlotId}
            onDay={(day) => void navigate({ to: '/my-day', search: (before) => ({ ...before, day }) })}
          />
        </>
      )}
      <SlotDialog
        slot={own.slots.find(({ id }) => id === slotId)}
        bookings={own.bookings}
        clinicId={own.clinic.id}
        timeZone={own.clinic.timezone}
        onClose={() => setSlotId(null)}
      />
    </Stack>
  )
}
