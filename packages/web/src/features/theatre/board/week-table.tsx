import type { Case, Room, TheatreBoard } from '@holdfast/contract/client'
import { addDays, daysBetween } from '@holdfast/vocabulary'
import { Box, UnstyledButton } from '@mantine/core'
import { type RefObject, useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { startOfDay } from '../../../domain/time-grid/span.ts'
import { formatDate, formatMinutes, formatTimesOn } from '../../../lib/i18n/format.ts'
import tableClasses from '../../../ui/table.module.css'
import type { Names } from '../conflict-text.ts'
import { ownerText } from '../owner-text.ts'
import markClasses from '../service-marks.module.css'
import { serviceMarks } from '../service-marks.ts'
import { useTheatre } from '../use-theatre.ts'
import { daysWith, listedSpan, namedTimes } from './board-layout.ts'
import { type CaseFlag, caseFlag } from './case-flag.ts'
import { FlagSign } from './flag-sign.tsx'
import classes from './week-table.module.css'

type WeekTableProps = {
  board: TheatreBoard
  now: number
  risks: ReadonlyMap<string, string>
  names: Names
  onOpen: (caseId: string) => void
}

/** Rooms × days, with the cases of each in their order. One that runs over midnight is in both days. */
export function WeekTable({ board, now, risks, names, onOpen }: WeekTableProps) {
  const { t } = useTranslation('theatre')
  const { timeZone, today } = useTheatre()
  const days = Array.from({ length: daysBetween(board.from, board.to) }, (_, index) => addDays(board.from, index))
  const marks = serviceMarks(board.cases.map(({ service }) => service))
  const cases = inCells(board.cases, (one) => daysWith(listedSpan(one, now), days, timeZone))
  const blocks = inCells(board.blocks, ({ from, to }) =>
    daysWith({ from: Date.parse(from), to: Date.parse(to) }, days, timeZone),
  )
  const ref = useRef<HTMLElement>(null)
  useTodayInSight(ref, board.from)
  return (
    <Box component="section" ref={ref} className={tableClasses.scroll} aria-label={t('board.label')} tabIndex={0}>
      <table className={classes.week}>
        <thead>
          <tr>
            <th scope="col">{t('field.room')}</th>
            {days.map((day) => (
              <th key={day} scope="col" data-today={day === today || undefined}>
                {formatDate(day)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {board.rooms.map((room: Room) => (
            <tr key={room.id}>
              <th scope="row">
                <bdi>{room.name}</bdi>
              </th>
              {days.map((day) => (
                <td key={day}>
                  {(blocks.get(`${room.id} ${day}`) ?? []).map((block) => (
                    <p key={block.id} className={classes.block}>
                      <span className="tabular">
                        {inTwoLines(formatTimesOn(startOfDay(day, timeZone), block.from, block.to, timeZone))}
                      </span>
                      <span>
                        <bdi>{ownerText(block, names, t)}</bdi>
                      </span>
                      <span>
                        {t('block.left', { minutes: formatMinutes(Math.max(0, block.minutes - block.usedMinutes)) })}
                      </span>
                    </p>
                  ))}
                  {(cases.get(`${room.id} ${day}`) ?? []).map((one) => (
                    <WeekCase
                      key={one.id}
                      one={one}
                      day={day}
                      now={now}
                      mark={marks.get(one.service)}
                      flag={caseFlag(one, risks, now)}
                      onOpen={onOpen}
                    />
                  ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Box>
  )
}

/** Groups by room and day. */
function inCells<One extends { roomId: string }>(all: readonly One[], daysOf: (one: One) => string[]) {
  const cells = new Map<string, One[]>()
  for (const one of all) {
    for (const day of daysOf(one)) {
      const key = `${one.roomId} ${day}`
      cells.set(key, [...(cells.get(key) ?? []), one])
    }
  }
  return cells
}

/** When a week is opened that is wider than the screen, it is scrolled to today, beside the rooms, which stay. */
function useTodayInSight(ref: RefObject<HTMLElement | null>, from: string): void {
  const scrolledWeek = useRef<string | null>(null)
  useLayoutEffect(() => {
    const today = ref.current?.querySelector('[data-today]')
    if (!ref.current || !today || scrolledWeek.current === from) return
    scrolledWeek.current = from
    const [outer, inner] = [ref.current.getBoundingClientRect(), today.getBoundingClientRect()]
    const rooms = today.parentElement?.firstElementChild?.clientWidth ?? 0
    const beside = document.documentElement.dir === 'rtl' ? -rooms : rooms
    ref.current.scrollBy({ left: (inner.left + inner.right - outer.left - outer.right - beside) / 2 })
  }, [ref, from])
}

type WeekCaseProps = {
  one: Case
  day: string
  now: number
  mark: number | undefined
  flag: CaseFlag | null
  onOpen: (caseId: string) => void
}

function WeekCase({ one, day, now, mark, flag, onOpen }: WeekCaseProps) {
  const { timeZone } = useTheatre()
  const { startsAt, endsAt } = namedTimes(one, now)
  return (
    <UnstyledButton className={classes.case} onClick={() => onOpen(one.id)}>
      <span className={`${markClasses.mark} ${classes.mark}`} data-mark={mark} aria-hidden="true" />
      <span>
        <span className="tabular">
          {inTwoLines(formatTimesOn(startOfDay(day, timeZone), startsAt, endsAt, timeZone))}
        </span>
        {/* In a line of the page's direction: a name in Latin letters begins at the right in Arabic. */}
        <span>
          <bdi>{one.procedure.display}</bdi>
        </span>
        {flag === null ? null : (
          <span>
            <FlagSign flag={flag} />
          </span>
        )}
      </span>
    </UnstyledButton>
  )
}

/** A day is narrower than `11:30 am–12:30 pm`: a line may end after the dash, and not before `pm`. */
function inTwoLines(times: string): string {
  return times.replaceAll('\u2060', '')
}
