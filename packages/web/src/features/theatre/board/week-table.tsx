import type { Case, Room, TheatreBoard } from '@holdfast/contract/client'
import { Box, UnstyledButton } from '@mantine/core'
import { type RefObject, useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDate, formatMinutes, formatTimes } from '../../../lib/format.ts'
import { addDays, daysBetween, localDay } from '../../../lib/local-time.ts'
import tableClasses from '../../../ui/table.module.css'
import type { Names } from '../conflict-text.ts'
import { ownerText } from '../owner-text.ts'
import markClasses from '../service-marks.module.css'
import { serviceMarks } from '../service-marks.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './week-table.module.css'

type WeekTableProps = { board: TheatreBoard; names: Names; onOpen: (caseId: string) => void }

/** Rooms × days, with the cases of each in their order. */
export function WeekTable({ board, names, onOpen }: WeekTableProps) {
  const { t } = useTranslation('theatre')
  const { timeZone, today } = useTheatre()
  const days = Array.from({ length: daysBetween(board.from, board.to) }, (_, index) => addDays(board.from, index))
  const marks = serviceMarks(board.cases.map(({ service }) => service))
  const cases = Map.groupBy(board.cases, ({ roomId, startsAt }) => `${roomId} ${localDay(startsAt, timeZone)}`)
  const blocks = Map.groupBy(board.blocks, ({ roomId, from }) => `${roomId} ${localDay(from, timeZone)}`)
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
                      <span className="tabular">{formatTimes(block.from, block.to, timeZone)}</span>
                      <bdi>{ownerText(block, names, t)}</bdi>
                      <span>
                        {t('block.left', { minutes: formatMinutes(Math.max(0, block.minutes - block.usedMinutes)) })}
                      </span>
                    </p>
                  ))}
                  {(cases.get(`${room.id} ${day}`) ?? []).map((one) => (
                    <WeekCase key={one.id} one={one} mark={marks.get(one.service)} onOpen={onOpen} />
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

/** When a week is opened that is wider than the screen, it is scrolled to today. */
function useTodayInSight(ref: RefObject<HTMLElement | null>, from: string): void {
  const scrolledWeek = useRef<string | null>(null)
  useLayoutEffect(() => {
    const today = ref.current?.querySelector('[data-today]')
    if (!ref.current || !today || scrolledWeek.current === from) return
    scrolledWeek.current = from
    const [outer, inner] = [ref.current.getBoundingClientRect(), today.getBoundingClientRect()]
    ref.current.scrollBy({ left: (inner.left + inner.right - outer.left - outer.right) / 2 })
  }, [ref, from])
}

type WeekCaseProps = { one: Case; mark: number | undefined; onOpen: (caseId: string) => void }

function WeekCase({ one, mark, onOpen }: WeekCaseProps) {
  const { timeZone } = useTheatre()
  return (
    <UnstyledButton className={classes.case} onClick={() => onOpen(one.id)}>
      <span className={`${markClasses.mark} ${classes.mark}`} data-mark={mark} aria-hidden="true" />
      <span>
        <span className="tabular">{formatTimes(one.startsAt, one.endsAt, timeZone)}</span>
        <bdi>{one.procedure.display}</bdi>
      </span>
    </UnstyledButton>
  )
}
