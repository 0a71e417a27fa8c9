import type { Doctor, ListedClosure } from '@holdfast/contract/client'
import { memo, useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { ShownBooking } from '../../../domain/bookings/pending-marks.ts'
import { statusLabel } from '../../../domain/bookings/status-label.ts'
import { usePatientName } from '../../../domain/bookings/use-patient-name.ts'
import { blockedText } from '../../../domain/busy-calendar/blocked-text.ts'
import { useBlockedSlots } from '../../../domain/busy-calendar/busy-queries.ts'
import { laneOf, lanesIn } from '../../../domain/time-grid/lanes.ts'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import { closedSpans, minuteMs, type Span, stepMinutes } from '../../../domain/time-grid/span.ts'
import { timeAt } from '../../../domain/time-grid/time-at.ts'
import { formatMinutes } from '../../../lib/i18n/format.ts'
import { useClinic } from '../use-clinic.ts'
import { closedTimes, type DoctorTimes, type Gap, gapAt, openSpans, spanOf } from './column-day.ts'
import classes from './day-columns.module.css'
import { minutesLate } from './groups.ts'
import { PlannedGhost } from './planned-ghost.tsx'
import type { PlannedPlace } from './planned-place.ts'
import type { MoveHandlers, Planned } from './use-visit-moves.ts'
import { VisitBlock } from './visit-block.tsx'

type ColumnProps = {
  doctor: Doctor
  day: string
  shown: Span
  bookings: readonly ShownBooking[]
  times: DoctorTimes
  closures: readonly ListedClosure[]
  pale: ReadonlySet<string>
  isToday: boolean
  tabStopId: string | null
  now: number
  /** What is planned here, or has its place here. */
  planned: Planned | null
  place: PlannedPlace | null
  doctorIds: readonly string[]
  handlers: MoveHandlers
  onGap: (doctorId: string, gap: Gap) => void
  onOpen: (bookingId: string) => void
}

/** A doctor's day: when it is open, what is closed, and the visits at their times. */
export function DoctorColumn(props: ColumnProps) {
  const { doctor, shown, bookings, times, pale, isToday, tabStopId, now, planned, place, onGap, onOpen } = props
  const { t } = useTranslation(['admin', 'shell'])
  const { timeZone } = useClinic()
  const nameOf = usePatientName()
  const id = useId()
  const late = isToday ? minutesLate(bookings, now).get(doctor.id) : undefined
  const lanes = lanesIn(
    bookings.map((one) => ({ id: one.id, ...spanOf(one) })),
    shown.to,
  )
  const isNowShown = now >= shown.from && now < shown.to
  const step = stepMinutes * minuteMs
  return (
    <section className={classes.column} aria-labelledby={id}>
      <h2 className={classes.head} id={id}>
        <bdi>{doctor.name}</bdi>
        {late === undefined ? null : <span>{t('today.lateBy', { minutes: formatMinutes(late) })}</span>}
      </h2>
      <div className={classes.track} data-track={doctor.id}>
        {/* The pointer’s way to book here; the keyboard’s is the button above the page. */}
        <button
          type="button"
          tabIndex={-1}
          aria-hidden="true"
          className={classes.empty}
          onClick={(event) => {
            const at = Math.floor(timeAt(event.currentTarget, event, shown, 'block') / step) * step
            const gap = gapAt(times, at, now)
            if (gap !== null) onGap(doctor.id, gap)
          }}
        />
        <Shades {...{ doctor, day: props.day, shown, times, closures: props.closures }} />
        {bookings.map((one) => (
          <VisitBlock
            key={one.id}
            booking={one}
            name={nameOf(one)}
            label={t(`shell:${statusLabel(one)}`)}
            timeZone={timeZone}
            shown={shown}
            {...laneOf(lanes, one.id)}
            isPale={pale.has(one.id)}
            isTabStop={one.id === tabStopId}
            isPlanned={planned?.booking.id === one.id}
            doctorIds={props.doctorIds}
            {...props.handlers}
            onOpen={onOpen}
          />
        ))}
        {planned !== null && place !== null && planned.plan.trackId === doctor.id ? (
          <PlannedGhost planned={planned} place={place} shown={shown} />
        ) : null}
        {isNowShown ? (
          <div className={classes.now} style={placedStyle({ from: now, to: shown.to }, shown, 'block')} />
        ) : null}
      </div>
    </section>
  )
}

type ShadesProps = Pick<ColumnProps, 'doctor' | 'day' | 'shown' | 'times' | 'closures'>

/** When nothing is open, when all is closed, and what another calendar blocks. */
const Shades = memo(function Shades({ doctor, day, shown, times, closures }: ShadesProps) {
  const { t } = useTranslation('schedule')
  const isBlocked = times.slots.some(({ available }) => available === 0)
  const blocked = useBlockedSlots({ doctorId: doctor.id, from: day, to: day }, times.slots, isBlocked)
  return (
    <>
      {closedSpans(openSpans(times), shown).map((span) => (
        <div key={span.from} className={classes.notOpen} style={placedStyle(span, shown, 'block')} />
      ))}
      {times.slots.flatMap((slot) => {
        const block = blocked.byId?.get(slot.id)
        if (block === undefined) return []
        return [
          <div key={slot.id} className={classes.closed} style={placedStyle(spanOf(slot), shown, 'block')}>
            <span>{blockedText(t, block)}</span>
          </div>,
        ]
      })}
      {closedTimes(closures, doctor.id).map(({ span, note }) => (
        <div key={`${span.from} ${note}`} className={classes.closed} style={placedStyle(span, shown, 'block')}>
          <span>{note === null ? t('calendar.closed') : t('calendar.closedFor', { note })}</span>
        </div>
      ))}
    </>
  )
})
