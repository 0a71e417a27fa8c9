import type { Booking } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { Button, Stack, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconPrinter } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DayCounts } from '../../../domain/bookings/day-list.tsx'
import { DaySheet } from '../../../domain/bookings/day-sheet.tsx'
import { usePendingMarks, withMarks } from '../../../domain/bookings/pending-marks.ts'
import { ClosedOnDay } from '../../../domain/closures/closed-on-day.tsx'
import { hasEachWord } from '../../../lib/each-word.ts'
import { formatDate } from '../../../lib/i18n/format.ts'
import type { LiveState } from '../../../lib/live/live-feed.ts'
import { useLiveClinic } from '../../../lib/live/use-live-clinic.ts'
import { bookingsQuery } from '../../../lib/queries/clinic-queries.ts'
import { useSearched, withoutText } from '../../../lib/searched-text.ts'
import { useNow } from '../../../lib/time/use-now.ts'
import { Icon } from '../../../ui/icon.tsx'
import { LiveNote } from '../../../ui/live-note.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../../ui/states/page-loading.tsx'
import { usePrinting } from '../../../ui/use-printing.ts'
import { type TodayLayout, type TodaySearch, todayLayouts } from '../admin-search.ts'
import { RequestsNotice } from '../shared/booking/requests-notice.tsx'
import { NoDoctors } from '../shared/clinic/no-doctors.tsx'
import { useClinic } from '../use-clinic.ts'
import { LastMovesPanel } from './last-moves.tsx'
import { LateDoctors } from './late-doctors.tsx'
import { overlapsOf } from './overlaps.ts'
import classes from './today-bar.module.css'
import { TodayBar } from './today-bar.tsx'
import { TodayList } from './today-list.tsx'
import { useLastMoves } from './use-moves.ts'

const route = getRouteApi('/clinic/$clinicId/day')

const importColumns = () => import('./day-columns.tsx')
const DayColumns = lazy(async () => ({ default: (await importColumns()).DayColumns }))
const MoveSeveral = lazy(async () => ({ default: (await import('./move-several.tsx')).MoveSeveral }))

/** The desk's day: who is there, who is next, and what is marked. It can be printed. */
export function TodayPage() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, today } = useClinic()
  const search = useSearched(route.useSearch())
  const navigate = route.useNavigate()
  const now = useNow()
  const { isPrinting, print } = usePrinting()
  const day = search.day ?? today
  const chosen = search.doctors?.split(',') ?? []
  const doctorId = chosen.length === 1 ? chosen[0] : undefined
  const { all, found } = useDay(day, doctorId)
  const marked = withMarks(found.data?.items ?? [], usePendingMarks(clinicId))
  const ofDoctors = chosen.length === 0 ? marked : marked.filter((one) => chosen.includes(one.doctorId))
  const withVisits = new Set(marked.map((one) => one.doctorId))
  const shownDoctors = doctors.filter(({ id, active }) => active || chosen.includes(id) || withVisits.has(id))
  const overlaps = useMemo(() => overlapsOf(all.data?.items ?? []), [all.data])
  const moved = useLastMoves(clinicId)
  const live = useLiveClinic(
    clinicId,
    doctors.map(({ id }) => id),
  )
  const matched = search.q === undefined ? ofDoctors : ofDoctors.filter(matches(search.q))
  const [layout, keepLayout] = useLayout(search)
  useEffect(() => {
    // While the bookings are read.
    if (layout === 'columns') void importColumns()
  }, [layout])
  const heading = formatDate(day, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const show = (next: TodaySearch & { q?: string }) => void navigate({ ...withoutText(next), resetScroll: false })
  return (
    <>
      <Stack gap={4} className="no-print" data-wide-page>
        <TodayBar
          day={day}
          today={today}
          onDay={(next) => show({ ...search, day: next })}
          doctors={shownDoctors}
          chosen={chosen}
          onDoctors={(ids) =>
            show({ ...withoutDoctors(search), ...(ids.length === 0 ? {} : { doctors: ids.join(',') }) })
          }
          searched={search.q}
          onSearch={(q) => show({ ...search, q })}
          layout={layout}
          onLayout={(next) => {
            keepLayout(next)
            show({ ...search, layout: next })
          }}
        />
        <ClosedOnDay clinicId={clinicId} day={day} doctorId={doctorId} doctors={doctors} />
        <RequestsNotice />
        {moved.last === null ? null : <LastMovesPanel last={moved.last} keep={moved.keep} />}
        {found.data === undefined ? (
          <LoadingOrError of={found} />
        ) : (
          <>
            <Summary bookings={ofDoctors} {...{ day, doctorId, found, live, now, print }} />
            {doctors.length === 0 ? (
              <NoDoctors />
            ) : layout === 'columns' ? (
              <Suspense fallback={<PageLoading />}>
                <DayColumns
                  key={day}
                  day={day}
                  isToday={day === today}
                  doctors={chosen.length === 0 ? shownDoctors : shownDoctors.filter(({ id }) => chosen.includes(id))}
                  bookings={ofDoctors}
                  matched={matched}
                  now={now}
                />
              </Suspense>
            ) : (
              <TodayList
                key={`${day} ${search.doctors}`}
                bookings={matched}
                overlaps={overlaps}
                caption={heading}
                isToday={day === today}
                isOfOneDoctor={doctorId !== undefined || doctors.length === 1}
                searched={search.q}
                now={now}
              />
            )}
            {found.data.isCut ? <Text c="dimmed">{t('dayList.truncated')}</Text> : null}
          </>
        )}
      </Stack>
      {isPrinting ? <DaySheets bookings={ofDoctors} heading={heading} /> : null}
    </>
  )
}

/** The list or the columns: as the address says, or as was chosen last. */
function useLayout({ layout }: TodaySearch) {
  const [kept, keep] = useLocalStorage<TodayLayout>({
    key: 'holdfast-today-layout',
    defaultValue: 'list',
    getInitialValueInEffect: false,
  })
  return [layout ?? todayLayouts.find((one) => one === kept) ?? 'list', keep] as const
}

function withoutDoctors({ doctors: _, ...search }: TodaySearch & { q?: string }) {
  return search
}

const matches =
  (q: string) =>
  ({ id, patient: { name, phone = '', email = '' } }: Booking) =>
    hasEachWord([name, phone, email, referenceOf(id)].join(' '), q)

/** The bookings of a day: of all doctors, and if these are too many, of the one that is shown. */
function useDay(day: string, doctorId: string | undefined) {
  const { clinicId } = useClinic()
  const days = { from: day, to: day }
  const all = useQuery(bookingsQuery(clinicId, days))
  const own = useQuery({
    ...bookingsQuery(clinicId, { ...days, ...(doctorId ? { doctorId } : {}) }),
    enabled: doctorId !== undefined && all.data?.isCut === true,
  })
  return { all, found: doctorId === undefined || own.data === undefined ? all : own }
}

type SummaryProps = {
  bookings: readonly Booking[]
  day: string
  doctorId: string | undefined
  found: ReturnType<typeof useDay>['found']
  live: LiveState
  now: number
  print: () => void
}

/** How far the day is, and what is done with all of it. */
function Summary({ bookings, day, doctorId, found, live, now, print }: SummaryProps) {
  const { t } = useTranslation('admin')
  const { today } = useClinic()
  return (
    <div className={classes.summary}>
      <DayCounts bookings={bookings} />
      {day === today ? <LateDoctors bookings={bookings} now={now} /> : null}
      <span className={classes.tools}>
        <LiveNote state={live} of={found} />
        {doctorId === undefined ? null : (
          <MoveSeveralButton key={`${day} ${doctorId}`} doctorId={doctorId} day={day} bookings={bookings} />
        )}
        <Button variant="subtle" size="sm" aria-label={t('dayList.print')} title={t('dayList.print')} onClick={print}>
          <Icon of={IconPrinter} />
        </Button>
      </span>
    </div>
  )
}

/** For those at the desk, who move appointments of all doctors. */
function MoveSeveralButton(of: { doctorId: string; day: string; bookings: readonly Booking[] }) {
  const { t } = useTranslation('series')
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <Button variant="subtle" size="sm" onClick={() => setIsOpen(true)}>
        {t('several.open')}
      </Button>
      {isOpen ? (
        <Suspense fallback={null}>
          <MoveSeveral {...of} onClose={() => setIsOpen(false)} />
        </Suspense>
      ) : null}
    </>
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
