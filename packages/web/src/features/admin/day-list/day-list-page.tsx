import type { Booking } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DayCounts, DayList } from '../../../domain/bookings/day-list.tsx'
import { DaySheet } from '../../../domain/bookings/day-sheet.tsx'
import { usePendingMarks, withMarks } from '../../../domain/bookings/pending-marks.ts'
import { ClosedOnDay } from '../../../domain/closures/closed-on-day.tsx'
import { formatDate, formatTime } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { useLiveClinic } from '../../../lib/live/use-live-clinic.ts'
import { bookingsQuery } from '../../../lib/queries/clinic-queries.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { DayNav } from '../../../ui/day-nav.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { LiveNote } from '../../../ui/live-note.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { RequestsNotice } from '../shared/booking/requests-notice.tsx'
import { DoctorFilter } from '../shared/clinic/doctor-filter.tsx'
import { NoDoctors } from '../shared/clinic/no-doctors.tsx'
import { useClinic } from '../use-clinic.ts'
import { LastMovesPanel } from './last-moves.tsx'
import { MoveSeveral } from './move-several.tsx'
import { overlapsOf } from './overlaps.ts'
import { useLastMoves } from './use-moves.ts'

const route = getRouteApi('/clinic/$clinicId/day')

/** The bookings of a day, for all doctors or one; it can be printed. */
export function DayListPage() {
  const { t } = useTranslation('admin')
  const { clinicId, clinic, doctors, timeZone, today } = useClinic()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const day = search.day ?? today
  const { doctorId } = search
  const found = useQuery(bookingsQuery(clinicId, { from: day, to: day, ...(doctorId ? { doctorId } : {}) }))
  const bookings = withMarks(found.data?.items ?? [], usePendingMarks(clinicId))
  const overlaps = useOverlaps(day)
  const moved = useLastMoves(clinicId)
  const live = useLiveClinic(
    clinicId,
    doctors.map(({ id }) => id),
  )
  const heading = formatDate(day, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const of = doctorId === undefined ? clinic.name : (doctors.find(({ id }) => id === doctorId)?.name ?? '')
  return (
    <>
      <Stack gap="lg" className="no-print">
        <div>
          <PageTitle>{heading}</PageTitle>
          <Text c="dimmed">{of}</Text>
          <ClosedOnDay clinicId={clinicId} day={day} doctorId={doctorId} doctors={doctors} />
        </div>
        <RequestsNotice />
        <Group align="end">
          <DayNav
            day={day}
            today={today}
            step={1}
            onChange={(next) => navigate({ search: { ...search, day: next }, resetScroll: false })}
          />
          <DoctorFilter
            doctorId={doctorId}
            onChange={(next) =>
              navigate({ search: { ...(search.day ? { day: search.day } : {}), ...(next ? { doctorId: next } : {}) } })
            }
          />
          {doctorId === undefined || found.data === undefined ? null : (
            <MoveSeveralButton key={`${day} ${doctorId}`} doctorId={doctorId} day={day} bookings={found.data.items} />
          )}
          <Button variant="default" leftSection={<Icon of={IconPrinter} />} onClick={() => window.print()}>
            {t('dayList.print')}
          </Button>
        </Group>
        {moved.last === null ? null : <LastMovesPanel last={moved.last} keep={moved.keep} />}
        {found.data === undefined ? (
          <LoadingOrError of={found} />
        ) : (
          <>
            <Group justify="space-between">
              <DayCounts bookings={bookings} />
              <LiveNote state={live} of={found} />
            </Group>
            {doctors.length === 0 ? (
              <NoDoctors />
            ) : (
              <DayList
                key={day}
                bookings={bookings}
                timeZone={timeZone}
                caption={heading}
                {...(doctorId ? {} : { doctors })}
                nameOf={(booking) => <BookingLink booking={booking} />}
                noteOf={({ id }) => <OverlapNote other={overlaps.get(id)} />}
              />
            )}
            {found.data.isCut ? <Text c="dimmed">{t('dayList.truncated')}</Text> : null}
          </>
        )}
      </Stack>
      <DaySheets bookings={bookings} heading={heading} />
    </>
  )
}

/** For those at the desk, who move appointments of all doctors. */
function MoveSeveralButton(of: { doctorId: string; day: string; bookings: readonly Booking[] }) {
  const { t } = useTranslation('series')
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <Button variant="default" onClick={() => setIsOpen(true)}>
        {t('several.open')}
      </Button>
      {isOpen ? <MoveSeveral {...of} onClose={() => setIsOpen(false)} /> : null}
    </>
  )
}

/** Of all doctors, also where the list shows one: that query is the list's own if it shows all. */
function useOverlaps(day: string) {
  const { clinicId } = useClinic()
  const { data } = useQuery(bookingsQuery(clinicId, { from: day, to: day }))
  return useMemo(() => overlapsOf(data?.items ?? []), [data])
}

function OverlapNote({ other }: { other: Booking | undefined }) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  if (other === undefined) return null
  const name = doctors.find(({ id }) => id === other.doctorId)?.name ?? '–'
  return (
    <TextLink size="sm" to="/clinic/$clinicId/bookings/$bookingId" params={{ clinicId, bookingId: other.id }}>
      {t('dayList.overlap', { time: formatTime(other.startsAt, timeZone), name: isolated(name) })}
    </TextLink>
  )
}

/** One sheet for each doctor with bookings, in the order of the doctors. */
function DaySheets({ bookings, heading }: { bookings: readonly Booking[]; heading: string }) {
  const { clinic, doctors, timeZone } = useClinic()
  const byDoctor = Map.groupBy(bookings, ({ doctorId }) => doctorId)
  return doctors
    .filter(({ id }) => byDoctor.has(id))
    .map(({ id, name }) => (
      <DaySheet
        key={id}
        title={name}
        subtitle={`${heading} · ${clinic.name}`}
        bookings={byDoctor.get(id) ?? []}
        timeZone={timeZone}
      />
    ))
}
