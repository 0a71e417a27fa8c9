import type { Booking } from '@holdfast/contract/client'
import { Button, Text } from '@mantine/core'
import { type RefObject, useLayoutEffect, useReducer, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import type { ShownBooking } from '../../../domain/bookings/pending-marks.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import tableClasses from '../../../ui/table.module.css'
import { useAfterFirstPaint } from '../../../ui/use-after-first-paint.ts'
import { useClinic } from '../use-clinic.ts'
import { type Entry, entriesOf, type GroupName, minutesOverdue, minutesWaiting } from './groups.ts'
import { keyOf, steadyEntries } from './steady.ts'
import classes from './today-list.module.css'
import { TodayRow } from './today-row.tsx'

type TodayListProps = {
  bookings: readonly ShownBooking[]
  /** Which have another one of the same person at the same time. */
  overlaps: ReadonlyMap<string, Booking>
  caption: string
  isToday: boolean
  isOfOneDoctor: boolean
  /** The bookings are those of the day that match it; undefined: all. */
  searched: string | undefined
  now: number
}

/** How many rows are shown at first, and more at each press. */
const rowsStep = 100
/** More than a screen has room for: the others are painted after it. */
const rowsFirst = 40
const minuteMs = 60_000

/** The day's visits in groups: who waits, who is next, who comes later, who is done. Give it the day as its key. */
export function TodayList({ bookings, overlaps, isOfOneDoctor, now, ...list }: TodayListProps) {
  const { t } = useTranslation(['schedule', 'admin', 'shell'])
  const { doctors, timeZone } = useClinic()
  const { caption, isToday, searched } = list
  const isWhole = useAfterFirstPaint()
  const [rowsMax, setRowsMax] = useState(rowsStep)
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  const { entries, release } = useSteady(entriesOf(bookings, isToday, now), rowsRef)
  if (entries.length === 0 && searched) return <Text role="status">{t('admin:today.found', { text: searched })}</Text>
  if (entries.length === 0) return <EmptyState title={t('day.none')} help={t('day.noneHelp')} />
  const names = new Map(isOfOneDoctor ? [] : doctors.map(({ id, name }) => [id, name]))
  const shown = entries.slice(0, isWhole ? rowsMax : rowsFirst)
  const showMore = () => {
    const { length } = shown
    flushSync(() => setRowsMax(rowsMax + rowsStep))
    rowsRef.current?.children[length]?.querySelector<HTMLElement>('a, button')?.focus()
  }
  return (
    <>
      <table className={classes.list} onPointerLeave={release} onBlur={release}>
        <caption className={tableClasses.caption}>{caption}</caption>
        <thead className={classes.head}>
          <tr>
            <th scope="col">{t('column.time')}</th>
            <th scope="col">{t('column.status')}</th>
            <th scope="col">{t('column.patient')}</th>
            <th scope="col">{t('admin:today.wait')}</th>
            <th scope="col">{t('column.actions')}</th>
          </tr>
        </thead>
        <tbody ref={rowsRef}>
          {shown.map((entry) =>
            entry.kind === 'heading' ? (
              <GroupHeading key={keyOf(entry)} group={entry.group} entries={entries} />
            ) : (
              <TodayRow
                key={keyOf(entry)}
                booking={entry.booking}
                doctorName={names.get(entry.booking.doctorId) ?? null}
                overlap={overlaps.get(entry.booking.id)}
                timeZone={timeZone}
                waiting={isToday ? minutesWaiting(entry.booking, now) : null}
                overdue={isToday ? minutesOverdue(entry.booking, now) : null}
                minute={Math.floor(now / minuteMs)}
              />
            ),
          )}
        </tbody>
      </table>
      {!isWhole || rowsMax >= entries.length ? null : (
        <div className="no-print">
          <Button variant="default" onClick={showMore}>
            {t('shell:more')}
          </Button>
        </div>
      )}
    </>
  )
}

type HeadingProps = { group: GroupName; entries: readonly Entry<Booking>[] }

function GroupHeading({ group, entries }: HeadingProps) {
  const { t } = useTranslation('admin')
  const count = entries.filter((entry) => entry.kind === 'row' && entry.group === group).length
  return (
    <tr className={classes.group}>
      <th scope="rowgroup" colSpan={5}>
        {t(`today.group.${group}`)} <span className={classes.count}>{formatNumber(count)}</span>
      </th>
    </tr>
  )
}

/** A row stays where it is while the pointer is on it, or the focus of the keyboard is in it. */
const held = 'tr:hover, tr:has(:focus-visible)'

/** The entries as {@link steadyEntries}. `release`: a row may have been left. */
function useSteady(now: Entry<ShownBooking>[], rowsRef: RefObject<HTMLElement | null>) {
  const shown = useRef<readonly Entry<ShownBooking>[]>([])
  const [, release] = useReducer((count: number) => count + 1, 0)
  const rows = rowsRef.current?.querySelectorAll<HTMLElement>(held) ?? []
  const ids = new Set([...rows].map(({ dataset }) => dataset.booking))
  const entries = steadyEntries(shown.current, now, (id) => ids.has(id))
  useLayoutEffect(() => {
    shown.current = entries
  })
  return { entries, release }
}
