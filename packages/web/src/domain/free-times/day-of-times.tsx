import type { Slot } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'
import { type KeyboardEvent, memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { comma, formatDate, formatNumber, formatTime, ownTimeZone } from '../../lib/i18n/format.ts'
import { dayTitleId } from './day-strip.tsx'
import { moveFocus } from './move-focus.ts'
import { ownTimeOf } from './own-time.ts'
import type { TimeOfDay, WeekDay } from './week-days.ts'
import classes from './week-of-times.module.css'

type DayProps = {
  day: WeekDay
  timeZone: string
  canBeChosen: (slot: Slot) => boolean
  /** The slot in the tab order (roving tabindex). */
  stopId: string | null
  onFocus: (slotId: string) => void
  onChoose: (slot: Slot) => void
  /** A time was pressed that cannot be booked, such as one that was taken in that moment. */
  onRefused: (slot: Slot) => void
}

const parts = ['morning', 'afternoon'] as const satisfies TimeOfDay[]

/** A day's slots, in the morning and in the afternoon. */
export function DayOfTimes({ day, timeZone, canBeChosen, stopId, onFocus, onChoose, onRefused }: DayProps) {
  const { t } = useTranslation('booking')
  const first = useFirstTimes(day, canBeChosen)
  const [isExpanded, setExpanded] = useState(false)
  const all = [...day.morning, ...day.afternoon]
  const isEmpty = all.length === 0
  const isBeyond = (slot: Slot) => !isExpanded && !first.has(slot.id)
  // Taken times are shown then too, but nobody asks for those.
  const beyond = all.filter((slot) => isBeyond(slot) && canBeChosen(slot)).length
  return (
    <section
      className={classes.day}
      data-day
      data-empty={isEmpty || undefined}
      aria-label={formatDate(day.date, { weekday: 'long', day: 'numeric', month: 'long' })}
    >
      <h3 className={classes.dayName} id={dayTitleId(day.date)} tabIndex={-1}>
        {formatDate(day.date)}
      </h3>
      {isEmpty ? <div className={classes.noTimes}>{t('week.noTimes')}</div> : null}
      {parts.map((part) =>
        day[part].length === 0 ? null : (
          <div key={part} data-beyond={day[part].every(isBeyond) || undefined}>
            <h4 className={classes.part}>{t(`week.${part}`)}</h4>
            <ul className={classes.times}>
              {day[part].map((slot) => (
                <TimeItem
                  key={slot.id}
                  slot={slot}
                  timeZone={timeZone}
                  isBookable={canBeChosen(slot)}
                  isStop={slot.id === stopId}
                  isBeyond={isBeyond(slot)}
                  onFocus={onFocus}
                  onChoose={onChoose}
                  onRefused={onRefused}
                  t={t}
                />
              ))}
            </ul>
          </div>
        ),
      )}
      {first.size === 0 && !isEmpty && !isExpanded ? (
        <div className={`${classes.noTimes} ${classes.onPhones}`}>{t('week.noneFree')}</div>
      ) : null}
      {beyond === 0 ? null : (
        <button
          type="button"
          className={`${classes.more} ${classes.onPhones}`}
          aria-label={`${t('week.more', { count: beyond, more: formatNumber(beyond) })}: ${formatDate(day.date)}`}
          onClick={() => {
            setExpanded(true)
            // The button is gone then.
            document.getElementById(dayTitleId(day.date))?.focus({ preventScroll: true })
          }}
        >
          {t('week.more', { count: beyond, more: formatNumber(beyond) })}
        </button>
      )}
    </section>
  )
}

type TimeProps = {
  slot: Slot
  timeZone: string
  isBookable: boolean
  isStop: boolean
  /** On phones it is shown on request. */
  isBeyond: boolean
  onFocus: (slotId: string) => void
  onChoose: (slot: Slot) => void
  /** A time was pressed that cannot be booked, such as one that was taken in that moment. */
  onRefused: (slot: Slot) => void
  /** Passed as a prop: a hook in each of hundreds of slots is measurably slow. */
  t: TFunction<'booking'>
}

/** Memoized: a week may have hundreds of slots, of which one changes. A taken slot stays where it is. */
const TimeItem = memo(
  ({ slot, timeZone, isBookable, isStop, isBeyond, onFocus, onChoose, onRefused, t }: TimeProps) => {
    const time = formatTime(slot.startsAt, timeZone)
    const ownClock = ownTimeOf(slot.startsAt, timeZone, ownTimeZone())
    const ownTime = ownClock === null ? null : t('week.ownTime', { time: ownClock })
    const places =
      slot.capacity > 1 && isBookable
        ? t('week.places', { count: slot.available, places: formatNumber(slot.available) })
        : null
    const status = isBookable ? '' : `${comma()} ${t(slot.available > 0 ? 'week.closed' : 'week.taken')}`
    return (
      <li data-beyond={isBeyond || undefined}>
        <button
          type="button"
          className={classes.time}
          aria-disabled={isBookable ? undefined : true}
          aria-label={[time, ownTime, places].filter((part) => part !== null).join(`${comma()} `) + status}
          tabIndex={isStop ? 0 : -1}
          data-slot={slot.id}
          onFocus={() => onFocus(slot.id)}
          onKeyDown={(event: KeyboardEvent<HTMLButtonElement>) => moveFocus(event)}
          onClick={() => (isBookable ? onChoose : onRefused)(slot)}
        >
          {time}
          {ownClock === null ? null : <span className={classes.small}>{ownClock}</span>}
          {places === null ? null : <span className={classes.small}>{places}</span>}
        </button>
      </li>
    )
  },
)

/** How many times of a day phones show at first: two rows. */
const firstMax = 6

/**
 * The ids of a day's first free times. They stay the same while the day is shown: when one is taken, nothing moves
 * under a finger.
 */
function useFirstTimes(day: WeekDay, canBeChosen: (slot: Slot) => boolean): ReadonlySet<string> {
  const [first] = useState(() => {
    const free = [...day.morning, ...day.afternoon].filter(canBeChosen)
    return new Set(free.slice(0, firstMax).map(({ id }) => id))
  })
  return first
}
