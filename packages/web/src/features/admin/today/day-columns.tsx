import type { Booking, Doctor } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ShownBooking } from '../../../domain/bookings/pending-marks.ts'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import type { Plan } from '../../../domain/time-grid/plan.ts'
import { hourMs, hoursOf, type Span } from '../../../domain/time-grid/span.ts'
import { formatNumber, formatTime } from '../../../lib/i18n/format.ts'
import { useAfterFirstPaint } from '../../../ui/use-after-first-paint.ts'
import { useClinic } from '../use-clinic.ts'
import { type Gap, hourRem, shownHours, spanOf, timesOf } from './column-day.ts'
import { ColumnsLegend } from './columns-legend.tsx'
import classes from './day-columns.module.css'
import { DoctorColumn } from './doctor-column.tsx'
import { isListed } from './groups.ts'
import { PlannedText } from './planned-ghost.tsx'
import { plannedPlace } from './planned-place.ts'
import { useDayTimes } from './use-day-times.ts'
import { useVisitMoves } from './use-visit-moves.ts'

/** So many doctors are shown beside each other. */
const columnsMax = 12
/** Visits that begin this long after the first hour in sight are painted after those that are seen. */
const sightMs = 6 * hourMs

type ColumnsProps = {
  day: string
  /** Those whose visits are shown. */
  doctors: readonly Doctor[]
  bookings: readonly ShownBooking[]
  /** Those that match what is searched for; the others are pale. */
  matched: readonly ShownBooking[]
  isToday: boolean
  now: number
}

/** Doctors × time: what is booked, open and closed. Give it the day as its key. */
export function DayColumns({ day, doctors, bookings, matched, isToday, now }: ColumnsProps) {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone } = useClinic()
  const navigate = useNavigate()
  const isWhole = useAfterFirstPaint()
  const columns = doctors.slice(0, columnsMax)
  const ids = columns.map(({ id }) => id).join()
  const doctorIds = useMemo(() => (ids === '' ? [] : ids.split(',')), [ids])
  const { times, closures } = useDayTimes(day, doctorIds)
  const listed = bookings.filter(isListed)
  const pale = new Set(matched.length === bookings.length ? [] : idsWithout(listed, matched))
  const byDoctor = Map.groupBy(listed, ({ doctorId }) => doctorId)
  const { from, to } = shownHours(listed, times, day, timeZone)
  // The visits are drawn again if these change, and a drag changes nothing else.
  const shown = useMemo(() => ({ from, to }), [from, to])
  const first = firstInSight(listed, shown, now)
  const sight = isWhole ? shown : { from: first, to: first + sightMs }
  const scrollRef = useFirstScroll(shown, first, listed.length > 0)
  const [lastFocused, setLastFocused] = useState<string | null>(null)
  const tabStop = listed.find(({ id }) => id === lastFocused) ?? firstOf(columns, byDoctor)
  const placeOf = (booking: Booking, plan: Plan) =>
    plannedPlace(booking, plan, { times: timesOf(times, plan.trackId), bookings: listed, closures }, now)
  const { planned, handlers } = useVisitMoves(placeOf)
  const place = planned === null ? null : placeOf(planned.booking, planned.plan)
  const book = (doctorId: string, { at, sessionId }: Gap) => {
    const search = { doctorId, at, ...(sessionId === null ? {} : { inSession: true as const }) }
    void navigate({ to: '/clinic/$clinicId/book', params: { clinicId }, search })
  }
  const open = useCallback(
    (bookingId: string) =>
      void navigate({ to: '/clinic/$clinicId/bookings/$bookingId', params: { clinicId, bookingId } }),
    [navigate, clinicId],
  )
  return (
    <div>
      <section
        ref={scrollRef}
        className={classes.scroll}
        aria-label={t('today.columns')}
        onFocus={({ target }) => setLastFocused(target.closest<HTMLElement>('[data-stop]')?.dataset.stop ?? null)}
      >
        <div
          className={classes.grid}
          style={{
            ['--columns' as string]: columns.length,
            ['--hours' as string]: hoursOf(shown).length,
            ['--hour' as string]: `${hourRem(listed, times)}rem`,
          }}
        >
          <Hours shown={shown} timeZone={timeZone} />
          {columns.map((doctor) => (
            <DoctorColumn
              key={doctor.id}
              doctor={doctor}
              day={day}
              shown={shown}
              bookings={(byDoctor.get(doctor.id) ?? noBookings).filter((one) => overlaps(spanOf(one), sight))}
              times={timesOf(times, doctor.id)}
              closures={closures}
              pale={pale}
              isToday={isToday}
              tabStopId={tabStop?.doctorId === doctor.id ? tabStop.id : null}
              now={now}
              planned={planned}
              place={place}
              doctorIds={doctorIds}
              handlers={handlers}
              onGap={book}
              onOpen={open}
            />
          ))}
        </div>
      </section>
      <Text role="status" size="sm" mih="1.375rem">
        {planned === null || place === null || planned.isSent ? null : <PlannedText planned={planned} place={place} />}
      </Text>
      <ColumnsLegend bookings={listed} />
      <Text size="sm" c="dimmed" className={classes.help}>
        {t('today.moveHelp')}
      </Text>
      {doctors.length > columnsMax ? (
        <Text c="dimmed">{t('today.columnsCut', { number: formatNumber(columnsMax) })}</Text>
      ) : null}
    </div>
  )
}

function Hours({ shown, timeZone }: { shown: Span; timeZone: string }) {
  return (
    <div className={classes.hours} aria-hidden="true">
      {hoursOf(shown).map((hour) => (
        <span key={hour} style={placedStyle({ from: hour, to: hour + hourMs }, shown, 'block')}>
          {formatTime(hour, timeZone)}
        </span>
      ))}
    </div>
  )
}

function idsWithout(all: readonly Booking[], matched: readonly Booking[]): string[] {
  const ids = new Set(matched.map(({ id }) => id))
  return all.flatMap(({ id }) => (ids.has(id) ? [] : [id]))
}

const noBookings: ShownBooking[] = []

function overlaps(one: Span, other: Span): boolean {
  return one.from < other.to && other.from < one.to
}

/** The whole hour that is at the top at first: an hour before now, or what comes first. */
function firstInSight(bookings: readonly Booking[], shown: Span, now: number): number {
  const isNow = now >= shown.from && now < shown.to
  const wanted = isNow ? now - hourMs : Math.min(shown.to, ...bookings.map((one) => spanOf(one).from))
  return shown.from + Math.max(0, Math.floor((Math.min(wanted, shown.to - hourMs) - shown.from) / hourMs)) * hourMs
}

/** Scrolls the hours of a day once, when it is known what is booked. */
function useFirstScroll(shown: Span, first: number, isKnown: boolean) {
  const ref = useRef<HTMLElement>(null)
  const isDone = useRef(false)
  useLayoutEffect(() => {
    const element = ref.current
    const track = element?.querySelector<HTMLElement>('[data-track]')
    if (isDone.current || !isKnown || element === null || !track) return
    isDone.current = true
    element.scrollTop = ((first - shown.from) / (shown.to - shown.from)) * track.offsetHeight
  })
  return ref
}

function firstOf(doctors: readonly Doctor[], byDoctor: ReadonlyMap<string, ShownBooking[]>) {
  return doctors.flatMap(({ id }) => byDoctor.get(id)?.[0] ?? [])[0]
}
