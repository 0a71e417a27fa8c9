import type { Booking } from '@holdfast/contract/client'
import { NativeSelect, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { SlotCalendar } from '../../../domain/calendar/slot-calendar.tsx'
import { SlotDialog } from '../../../domain/calendar/slot-dialog.tsx'
import { CreateSlots } from '../../../domain/slots/create-slots.tsx'
import { WithdrawDays } from '../../../domain/slots/withdraw-days.tsx'
import { bookingsQuery } from '../../../lib/clinic-queries.ts'
import { addDays, mondayOf } from '../../../lib/local-time.ts'
import { slotsQuery } from '../../../lib/slots-query.ts'
import { useLiveClinic } from '../../../lib/use-live-clinic.ts'
import { DayNav } from '../../../ui/day-nav.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ErrorState } from '../../../ui/error-state.tsx'
import { LinkButton } from '../../../ui/link-button.tsx'
import { PageTitle } from '../../../ui/page-title.tsx'
import { TextLink } from '../../../ui/text-link.tsx'
import { BookingLink } from '../booking-link.tsx'
import { useClinic } from '../use-clinic.ts'

const route = getRouteApi('/clinic/$clinicId/times')

/** A doctor's slots: the week as a calendar, creating slots by a rule, withdrawing days. */
export function ClinicTimesPage() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone, today } = useClinic()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const doctorId = search.doctorId ?? doctors[0]?.id
  return (
    <Stack gap="lg">
      <PageTitle>{t('tabs.times')}</PageTitle>
      {doctorId === undefined ? (
        <EmptyState title={t('doctors.none')} help={t('doctors.noneHelp')}>
          <LinkButton to="/clinic/$clinicId/doctors" params={{ clinicId }}>
            {t('tabs.doctors')}
          </LinkButton>
        </EmptyState>
      ) : (
        <>
          <NativeSelect
            maw="24rem"
            label={t('column.doctor')}
            value={doctorId}
            onChange={({ currentTarget }) => navigate({ search: { doctorId: currentTarget.value } })}
            data={doctors.map(({ id, name }) => ({ value: id, label: name }))}
          />
          <Week key={doctorId} doctorId={doctorId} />
          <Stack gap="xl" key={`keep ${doctorId}`}>
            <CreateSlots doctorId={doctorId} clinicId={clinicId} timeZone={timeZone} today={today} />
            <WithdrawDays
              {...{ doctorId, clinicId, timeZone, today }}
              moveOf={(booking) => <MoveLink booking={booking} />}
            />
          </Stack>
        </>
      )}
    </Stack>
  )
}

/** Opens the booking with the times to move it to. */
function MoveLink({ booking: { id, clinicId, patient } }: { booking: Booking }) {
  const { t } = useTranslation('admin')
  const params = { clinicId, bookingId: id }
  const label = t('booking.moveOf', { name: patient.name })
  return (
    <TextLink to="/clinic/$clinicId/bookings/$bookingId" params={params} search={{ move: true }} aria-label={label}>
      {t('booking.moveShort')}
    </TextLink>
  )
}

function Week({ doctorId }: { doctorId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone, today } = useClinic()
  const [day, setDay] = useState(today)
  const [slotId, setSlotId] = useState<string | null>(null)
  const navigate = useNavigate()
  const from = mondayOf(day)
  const to = addDays(from, 6)
  const slots = useQuery(slotsQuery(doctorId, from, to))
  const bookings = useQuery(bookingsQuery(clinicId, { from, to, doctorId })).data?.items ?? []
  useLiveClinic(clinicId, [doctorId])
  const items = slots.data?.items ?? []
  return (
    <Stack gap="md" aria-busy={slots.isPending}>
      <DayNav day={day} today={today} step={7} onChange={setDay} />
      {slots.isError && slots.data === undefined ? (
        <ErrorState error={slots.error} retry={() => void slots.refetch()} />
      ) : items.length === 0 && !slots.isPending ? (
        <EmptyState title={t('times.none')} help={t('times.noneHelp')} />
      ) : (
        <SlotCalendar
          view="week"
          day={from}
          slots={items}
          bookings={bookings}
          timeZone={timeZone}
          onSlot={setSlotId}
          onDay={(wanted) =>
            void navigate({ to: '/clinic/$clinicId/day', params: { clinicId }, search: { day: wanted, doctorId } })
          }
        />
      )}
      <SlotDialog
        slot={items.find(({ id }) => id === slotId)}
        bookings={bookings}
        clinicId={clinicId}
        timeZone={timeZone}
        nameOf={(booking) => <BookingLink booking={booking} />}
        moveOf={(booking) => <MoveLink booking={booking} />}
        onClose={() => setSlotId(null)}
      />
    </Stack>
  )
}
