import type { Booking, BookingStatus } from '@holdfast/contract/client'
import { addDays } from '@holdfast/vocabulary'
import { Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type RefObject, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePendingMarks, withMarks } from '../../../domain/bookings/pending-marks.ts'
import { statusesInOrder } from '../../../domain/bookings/status-colors.ts'
import { StatusMark } from '../../../domain/bookings/status-mark.tsx'
import { CsvLinks } from '../../../domain/exports/csv-links.tsx'
import { VisitOfBooking } from '../../../domain/visits/visit-of-booking.tsx'
import { formatDayTime, formatNumericDate } from '../../../lib/i18n/format.ts'
import { useLiveClinic } from '../../../lib/live/use-live-clinic.ts'
import { useSearched, withoutText } from '../../../lib/searched-text.ts'
import { parseDay } from '../../../lib/time/local-time.ts'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { SearchField } from '../../../ui/fields/search-field.tsx'
import classes from '../../../ui/filters.module.css'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { ListTable } from '../../../ui/list-table.tsx'
import { LiveNote } from '../../../ui/live-note.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import type { BookingsSearch } from '../admin-search.ts'
import { BookedSinceLink } from '../shared/booking/booked-since-link.tsx'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { DoctorFilter } from '../shared/clinic/doctor-filter.tsx'
import { NoDoctors } from '../shared/clinic/no-doctors.tsx'
import { useClinic } from '../use-clinic.ts'
import { bookingSearchQuery } from './booking-queries.ts'

const route = getRouteApi('/clinic/$clinicId/bookings')

/** The clinic's bookings: search, filters, paging and download as CSV. */
export function BookingsPage() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, today } = useClinic()
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  const [resets, setResets] = useState(0)
  const search = useSearched(route.useSearch())
  const navigate = route.useNavigate()
  const range = { from: search.from ?? addDays(today, -7), to: search.to ?? addDays(today, 30) }
  const { unconfirmed = false, ...filter } = { ...search, ...range }
  const found = useInfiniteQuery(bookingSearchQuery(clinicId, { ...filter, confirmedOnly: !unconfirmed }))
  const live = useLiveClinic(
    clinicId,
    doctors.map(({ id }) => id),
  )
  // The range has as many days as one request may ask for.
  const widest = { from: addDays(today, -183), to: addDays(today, 182) }
  const days = { from: formatNumericDate(range.from), to: formatNumericDate(range.to) }
  const searched = found.isPlaceholderData ? '' : t('bookings.searched', days)
  const show = async (next: ListFilters) => {
    // The button is gone as soon as bookings are found.
    focusPageTitle()
    await navigate(withoutText(next))
    // This must come after: the new fields begin with what the address says.
    setResets(resets + 1)
  }
  const marks = usePendingMarks(clinicId)
  const stored = found.data?.pages.flatMap(({ items }) => items) ?? []
  const bookings = withMarks(stored, marks)
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <PageTitle>{t('tabs.bookings')}</PageTitle>
        <LiveNote state={live} of={found} />
      </Group>
      <Filters
        // Emptied with everything that is typed in them.
        key={resets}
        search={{ ...search, ...range }}
        onChange={(next) => navigate({ ...withoutText(next), replace: true, resetScroll: false })}
      />
      {found.data === undefined ? (
        <LoadingOrError of={found} />
      ) : doctors.length === 0 ? (
        <NoDoctors />
      ) : bookings.length === 0 && Object.values(search).every((value) => value === undefined) ? (
        <EmptyState title={t('bookings.empty')} help={t('bookings.emptyHelp')} />
      ) : bookings.length === 0 ? (
        <EmptyState title={t('bookings.none')} help={`${searched} ${t('bookings.noneHelp')}`}>
          {(range.from > widest.from || range.to < widest.to) && (
            <Button onClick={() => void show({ ...search, ...widest })}>{t('bookings.widen')}</Button>
          )}
          <Button variant="default" onClick={() => void show({})}>
            {t('bookings.reset')}
          </Button>
        </EmptyState>
      ) : (
        <>
          <Group justify="space-between">
            <Text role="status" c="dimmed" size="sm">
              {t(found.hasNextPage ? 'bookings.countMore' : 'bookings.count', { count: bookings.length })}
            </Text>
            <CsvLinks
              path={`/api/v1/clinics/${clinicId}/bookings.csv`}
              filters={{ ...filter, confirmedOnly: !unconfirmed }}
            />
          </Group>
          <BookingsTable bookings={bookings} isOlder={found.isPlaceholderData} rowsRef={rowsRef} />
          <ShowMore pages={found} count={bookings.length} listRef={rowsRef} />
        </>
      )}
    </Stack>
  )
}

type TableProps = {
  bookings: readonly Booking[]
  isOlder: boolean
  rowsRef: RefObject<HTMLTableSectionElement | null>
}

function BookingsTable({ bookings, isOlder, rowsRef }: TableProps) {
  const { t } = useTranslation('admin')
  const { doctors, timeZone } = useClinic()
  return (
    <ListTable
      caption={t('tabs.bookings')}
      heads={[t('column.when'), t('column.patient'), t('column.doctor'), t('column.status')]}
      rowsRef={rowsRef}
      isOlder={isOlder}
    >
      {bookings.map((booking) => (
        <tr key={booking.id} data-quiet={booking.status === 'CANCELLED' || booking.status === 'FAILED' || undefined}>
          <td className="tabular">{formatDayTime(booking.startsAt, timeZone)}</td>
          <td>
            <BookingLink booking={booking} />
            {booking.visitTypeId === undefined ? null : (
              <Text size="sm">
                <VisitOfBooking booking={booking} />
              </Text>
            )}
            <Text size="sm" c="dimmed">
              <bdi>{booking.patient.email ?? booking.patient.phone ?? ''}</bdi>
            </Text>
          </td>
          <td data-label={t('column.doctor')}>{doctors.find(({ id }) => id === booking.doctorId)?.name ?? '–'}</td>
          <td>
            <StatusMark of={booking} />
            {booking.bookedSince === undefined ? null : (
              <Text size="sm">
                <BookedSinceLink since={booking.bookedSince} />
              </Text>
            )}
          </td>
        </tr>
      ))}
    </ListTable>
  )
}

type ListFilters = BookingsSearch & { q?: string }

type FiltersProps = {
  search: ListFilters & { from: string; to: string }
  onChange: (search: ListFilters) => void
}

function Filters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation(['admin', 'shell'])
  const set = (part: Partial<Record<keyof ListFilters, string | boolean>>) => {
    const entries = Object.entries({ ...search, ...part }).filter(([, value]) => value !== '' && value !== false)
    onChange(Object.fromEntries(entries))
  }
  const setDay = (name: 'from' | 'to', value: string) => {
    if (parseDay(value) !== null) set({ [name]: value })
  }
  return (
    <form className={classes.filters} aria-label={t('filter.label')} onSubmit={(event) => event.preventDefault()}>
      <SearchField
        label={t('filter.text')}
        placeholder={t('filter.placeholder')}
        text={search.q}
        onSearch={(q) => set({ q })}
      />
      <NativeSelect
        label={t('column.status')}
        value={search.status ?? ''}
        onChange={({ currentTarget }) => set({ status: currentTarget.value as BookingStatus | '' })}
        data={[
          { value: '', label: t('filter.anyStatus') },
          ...statusesInOrder.map((status) => ({ value: status, label: t(`shell:status.${status}`) })),
        ]}
      />
      <NativeSelect
        label={t('filter.attendance')}
        value={search.attendance ?? ''}
        onChange={({ currentTarget }) => set({ attendance: currentTarget.value })}
        data={[
          { value: '', label: t('filter.anyAttendance') },
          { value: 'confirmed', label: t('filter.attendanceConfirmed') },
          { value: 'unconfirmed', label: t('filter.attendanceUnconfirmed') },
        ]}
      />
      <DoctorFilter doctorId={search.doctorId} onChange={(doctorId) => set({ doctorId })} />
      <DateField label={t('filter.from')} value={search.from} onChange={(value) => setDay('from', value)} />
      <DateField label={t('filter.to')} value={search.to} onChange={(value) => setDay('to', value)} />
      <Checkbox
        className={classes.wide ?? ''}
        label={t('filter.unconfirmed')}
        checked={search.unconfirmed ?? false}
        onChange={({ currentTarget }) => set({ unconfirmed: currentTarget.checked })}
      />
    </form>
  )
}
