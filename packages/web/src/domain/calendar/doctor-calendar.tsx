import type { BlockedSlot, BookedSince, Booking, OpenSession, Slot } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '../../lib/time/server-clock.ts'
import { useBlockedSlots } from '../busy-calendar/busy-queries.ts'
import { visitTypesQuery } from '../visits/visit-type-queries.ts'
import { HoursDialog } from './hours-dialog.tsx'
import { type DayHours, SlotCalendar } from './slot-calendar.tsx'
import { SlotDialog } from './slot-dialog.tsx'
import { unlistedSlots } from './unlisted-slots.ts'

type DoctorCalendarProps = {
  view: 'day' | 'week'
  /** The day, or the week's Monday. */
  day: string
  slots: readonly Slot[]
  sessions: readonly OpenSession[]
  bookings: readonly Booking[]
  doctorId: string
  clinicId: string
  timeZone: string
  /** Renders the name of a booking's patient. */
  nameOf?: (booking: Booking) => ReactNode
  /** Renders a link or button for moving a booking; `onOpen` closes the dialog that it is in. */
  moveOf?: (booking: Booking, onOpen: () => void) => ReactNode
  /** See AffectedList. */
  sinceOf?: ((since: BookedSince) => ReactNode) | undefined
  onDay?: (day: string) => void
}

const noVisitTypes: never[] = []
const noSlots: ReadonlyMap<string, BlockedSlot> = new Map()

/** A doctor's calendar, with the dialogs of its slots and hours. */
export function DoctorCalendar(props: DoctorCalendarProps) {
  const { view, day, nameOf, moveOf, sinceOf, onDay, sessions, ...shown } = props
  const { t } = useTranslation('schedule')
  const [opened, setOpened] = useState<Slot | undefined>()
  const [hours, setHours] = useState<DayHours | null>(null)
  const { slots, bookings, clinicId, doctorId, timeZone } = shown
  const visitTypes = useQuery(visitTypesQuery(clinicId)).data ?? noVisitTypes
  const unlisted = useMemo(() => unlistedSlots(slots, bookings, visitTypes), [slots, bookings, visitTypes])
  const all = useMemo(() => [...slots, ...unlisted], [slots, unlisted])
  const lastDay = view === 'day' ? day : addDays(day, 6)
  const { byId: blocked } = useBlockedSlots({ doctorId, from: day, to: lastDay }, slots)
  const today = localDay(serverNow(), timeZone)
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm" className="no-print">
        {view === 'week' ? (
          <Text size="sm" c="dimmed" visibleFrom="sm">
            {t('calendar.help')}
          </Text>
        ) : null}
        <Button
          size="sm"
          variant="default"
          onClick={() => setHours({ day: today > day && today <= lastDay ? today : day, from: '09:00', to: '12:00' })}
        >
          {t('hours.open')}
        </Button>
      </Group>
      <SlotCalendar
        view={view}
        day={day}
        slots={all}
        sessions={sessions}
        bookings={bookings}
        blocked={blocked ?? noSlots}
        timeZone={timeZone}
        onDay={onDay}
        onSlot={(slotId) => setOpened(all.find(({ id }) => id === slotId))}
        onHours={setHours}
      />
      <SlotDialog
        // A withdrawn slot stays open until the reader has seen whose appointments it took.
        slot={all.find(({ id }) => id === opened?.id) ?? opened}
        isListed={!unlisted.some(({ id }) => id === opened?.id)}
        blocked={opened && blocked?.get(opened.id)}
        bookings={bookings}
        clinicId={clinicId}
        timeZone={timeZone}
        {...(nameOf === undefined ? {} : { nameOf })}
        {...(moveOf === undefined ? {} : { moveOf })}
        sinceOf={sinceOf}
        onClose={() => setOpened(undefined)}
      />
      <HoursDialog
        {...shown}
        slots={all}
        sessions={sessions}
        hours={hours}
        firstDay={day}
        lastDay={lastDay}
        moveOf={moveOf}
        sinceOf={sinceOf}
        onClose={() => setHours(null)}
      />
    </Stack>
  )
}
