import { caseState, milestoneAt } from '@holdfast/contract/case-state'
import type { Case } from '@holdfast/contract/client'
import { type CSSProperties, memo } from 'react'
import type { Lane } from '../../../domain/time-grid/lanes.ts'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import { minuteMs, placed } from '../../../domain/time-grid/span.ts'
import {
  comma,
  formatDayTime,
  formatTime,
  formatTimesOn,
  formatTimesUnlike,
  formatTimeUnlike,
  isSameDay,
} from '../../../lib/i18n/format.ts'
import { delayed, isMovable } from '../case-state.ts'
import markClasses from '../service-marks.module.css'
import { useBoard } from './board-context.ts'
import { caseSpan, drawnSpan, labelMinutes, missedSpan, namedSpan, namedTimes } from './board-layout.ts'
import signClasses from './board-signs.module.css'
import classes from './case-block.module.css'
import { caseFlag } from './case-flag.ts'
import { FlagSign } from './flag-sign.tsx'
import { useCaseDrag } from './use-case-drag.ts'
import { useCaseKeys } from './use-case-keys.ts'

/** The milliseconds of 0.75rem, at least as wide as which a case is: see labelMinutes. */
const narrowestMs = 8.2 * minuteMs

type CaseBlockProps = Lane & { one: Case; isPlanned: boolean; isTabStop: boolean }

/** A case on the board: opened by a click, moved and stretched by dragging or by keyboard. */
export const CaseBlock = memo(function CaseBlock(props: CaseBlockProps) {
  const { one, lane, lanes, until, isPlanned, isTabStop } = props
  const { t, shown, timeZone, now, marks, risks, projections, names, canMove, onOpen } = useBoard()
  const canChange = canMove && isMovable(one)
  const drag = useCaseDrag(one, canChange)
  const keys = useCaseKeys(one, canChange)
  const drawn = drawnSpan(one, shown, now)
  if (drawn === null) return null
  const state = caseState(one, now)
  // All that begins on this day begins within the shown hours.
  const { startsAt, endsAt } = namedTimes(one, now)
  const times = formatTimesOn(shown.from, startsAt, endsAt, timeZone)
  const formatStart = isSameDay(shown.from, startsAt, timeZone) ? formatTime : formatDayTime
  const patient = one.patient?.name ?? t('shell:erasedPatient')
  const surgeon = names.person(one.surgeonId)
  const flag = caseFlag(one, risks, now)
  const expected = delayed(one, projections.get(one.id), now)
  // What began early is named by these times already.
  const isNamed = expected?.from === Date.parse(startsAt) && expected.to === Date.parse(endsAt)
  const expectedTimes =
    expected === null || isNamed
      ? []
      : t('case.expected', { times: formatTimesUnlike({ from: one.startsAt, to: one.endsAt }, expected, timeZone) })
  const lines = [
    flag === null ? [] : t(`state.${flag}`),
    one.procedure.display,
    times,
    expectedTimes,
    missedSpan(one, now) === null
      ? []
      : t('case.plannedFor', { time: formatTimeUnlike(startsAt, one.startsAt, timeZone) }),
    one.service,
    patient,
    one.patientFlags.join(`${comma()} `),
    surgeon,
  ]
    .flat()
    .filter((line) => line !== '')
  return (
    <>
      <Missed one={one} lane={lane} lanes={lanes} drawnFrom={drawn.from} />
      <After one={one} lane={lane} lanes={lanes} />
      <button
        type="button"
        tabIndex={isTabStop ? 0 : -1}
        className={classes.case}
        data-stop={one.id}
        data-case={one.id}
        data-state={state}
        data-flag={flag ?? state}
        data-planned={isPlanned || undefined}
        data-short={drawn.to - drawn.from < labelMinutes * minuteMs || undefined}
        style={{
          ...placedStyle(drawn, shown),
          ...inLane({ lane, lanes }),
          ['--spread' as string]: (until - drawn.from) / Math.max(drawn.to - drawn.from, narrowestMs),
        }}
        onClick={() => {
          if (!drag.wasDragged()) onOpen(one.id)
        }}
        {...drag.handlers}
        {...keys}
      >
        <span className={`${classes.mark} ${markClasses.mark}`} data-mark={marks.get(one.service)} aria-hidden="true" />
        <span className={classes.text} data-lines={lines.join('\n')}>
          <span className={classes.title}>
            {flag === null ? null : <FlagSign flag={flag} />}
            <bdi>{one.procedure.display}</bdi>
          </span>
          <span className={classes.line}>
            <span className={classes.unseen}>
              {[times, expectedTimes, one.service, surgeon].flat().join(`${comma()} `)}
              {`${comma()} `}
            </span>
            <bdi>{patient}</bdi>
          </span>
          <span className={classes.line} aria-hidden="true">
            <bdi>{surgeon}</bdi>
          </span>
          <span className={classes.line} aria-hidden="true">
            <span className={classes.times} data-long={times.length > 12 || undefined}>
              {times}
            </span>
            <span className={classes.start}>{formatStart(startsAt, timeZone)}</span>
          </span>
        </span>
        {canChange ? <span className={classes.handle} data-stretch aria-hidden="true" /> : null}
      </button>
    </>
  )
})

function inLane({ lane, lanes }: Pick<Lane, 'lane' | 'lanes'>): CSSProperties {
  return { ['--lane' as string]: lane, ['--lanes' as string]: lanes }
}

type MissedProps = Pick<Lane, 'lane' | 'lanes'> & { one: Case; drawnFrom: number }

/** The outline of a case that began late, from its planned start; not where the case is drawn itself. */
function Missed({ one, drawnFrom, ...lane }: MissedProps) {
  const { t, shown, timeZone, now } = useBoard()
  const missed = missedSpan(one, now)
  if (missed === null || placed(missed, shown) === null) return null
  if (Math.max(missed.from, shown.from) === drawnFrom) return null
  return (
    <div
      className={classes.missed}
      style={{ ...placedStyle(missed, shown), ...inLane(lane) }}
      title={t('case.plannedFor', { time: formatTime(one.startsAt, timeZone) })}
    />
  )
}

/** The time that a case may take longer, and the room's turnover after it. */
function After({ one, ...lane }: Pick<Lane, 'lane' | 'lanes'> & { one: Case }) {
  const { t, shown, timeZone, now } = useBoard()
  const planned = namedSpan(one, now).to
  const expected = caseSpan(one, now).to
  const cleaned = milestoneAt(one, 'cleaned')
  const free = cleaned === undefined ? expected + one.turnoverMinutes * minuteMs : Date.parse(cleaned)
  const [longer, turnover] = [
    { from: planned, to: expected },
    { from: expected, to: free },
  ] as const
  return (
    <>
      {placed(longer, shown) === null ? null : (
        <div
          className={`${classes.longer} ${signClasses.longer}`}
          style={{ ...placedStyle(longer, shown), ...inLane(lane) }}
          title={t('case.expectedUntil', { time: formatTimeUnlike(planned, expected, timeZone) })}
        />
      )}
      {placed(turnover, shown) === null ? null : (
        <div
          className={`${classes.turnover} ${signClasses.turnover}`}
          style={{ ...placedStyle(turnover, shown), ...inLane(lane) }}
          title={t('case.turnover')}
        />
      )}
    </>
  )
}
