import { caseState, milestoneAt } from '@holdfast/contract/case-state'
import type { Case } from '@holdfast/contract/client'
import { type CSSProperties, memo } from 'react'
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
import { caseSpan, type Lane, minuteMs, missedSpan, namedSpan, namedTimes, placed, type Span } from './board-layout.ts'
import signClasses from './board-signs.module.css'
import classes from './case-block.module.css'
import { caseFlag } from './case-flag.ts'
import { FlagSign } from './flag-sign.tsx'
import { shortName, widthOfWords } from './short-name.ts'
import { useCaseDrag } from './use-case-drag.ts'
import { useCaseKeys } from './use-case-keys.ts'

type CaseBlockProps = Lane & { one: Case; isPlanned: boolean; isTabStop: boolean }

/** A case on the board: opened by a click, moved and stretched by dragging or by keyboard. */
export const CaseBlock = memo(function CaseBlock(props: CaseBlockProps) {
  const { one, lane, lanes, isPlanned, isTabStop } = props
  const { t, shown, timeZone, now, marks, risks, projections, canMove, onOpen } = useBoard()
  const canChange = canMove && isMovable(one)
  const drag = useCaseDrag(one, canChange)
  const keys = useCaseKeys(one, canChange)
  const place = placedCase(one, shown, now)
  if (place === null) return null
  const state = caseState(one, now)
  // All that begins on this day begins within the shown hours.
  const { startsAt, endsAt } = namedTimes(one, now)
  const times = formatTimesOn(shown.from, startsAt, endsAt, timeZone)
  const formatStart = isSameDay(shown.from, startsAt, timeZone) ? formatTime : formatDayTime
  const patient = one.patient?.name ?? t('shell:erasedPatient')
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
  ].flat()
  return (
    <>
      <Missed one={one} lane={lane} lanes={lanes} drawn={place} />
      <After one={one} />
      <button
        type="button"
        tabIndex={isTabStop ? 0 : -1}
        className={classes.case}
        data-stop={one.id}
        data-case={one.id}
        data-state={state}
        data-flag={flag ?? state}
        data-planned={isPlanned || undefined}
        data-movable={canChange || undefined}
        style={{ insetInlineStart: place.start, width: place.size, '--lane': lane, '--lanes': lanes } as CSSProperties}
        onClick={() => {
          if (!drag.wasDragged()) onOpen(one.id)
        }}
        {...drag.handlers}
        {...keys}
      >
        <span className={`${classes.mark} ${markClasses.mark}`} data-mark={marks.get(one.service)} aria-hidden="true" />
        <span className={classes.text} data-lines={lines.join('\n')}>
          <span
            className={classes.title}
            data-flagged={flag !== null || undefined}
            data-words={flag === null ? widthOfWords(one.procedure.display) : undefined}
          >
            {flag === null ? null : <FlagSign flag={flag} />}
            <bdi className={classes.name}>{one.procedure.display}</bdi>
            <span className={classes.short} dir="auto" aria-hidden="true">
              {shortName(one.procedure.display)}
            </span>
          </span>
          <span className={classes.line}>
            <span className={classes.unseen}>
              {[times, expectedTimes, one.service].flat().join(`${comma()} `)}
              {`${comma()} `}
            </span>
            <span className={classes.times} data-long={times.length > 12 || undefined} aria-hidden="true">
              {times}
            </span>
            <span className={classes.start} aria-hidden="true">
              {formatStart(startsAt, timeZone)}
            </span>
          </span>
          <span className={`${classes.line} ${classes.patient}`}>
            <bdi>{patient}</bdi>
          </span>
        </span>
        {canChange ? <span className={classes.handle} data-stretch aria-hidden="true" /> : null}
      </button>
    </>
  )
})

/**
 * A case is placed at its planned time, or from when it began, and shorter if it ended early; or, on the day after
 * that, as long as it takes longer. On the day of its plan, if it began after that, it is placed as planned.
 */
function placedCase(one: Case, shown: Span, now: number) {
  const missed = missedSpan(one, now)
  return (
    placed(namedSpan(one, now), shown) ??
    placed(caseSpan(one, now), shown) ??
    (missed === null ? null : placed(missed, shown))
  )
}

type MissedProps = Lane & { one: Case; drawn: { start: string } }

/** The outline of a case that began late, from its planned start; not where the case is drawn itself. */
function Missed({ one, lane, lanes, drawn }: MissedProps) {
  const { t, shown, timeZone, now } = useBoard()
  const missed = missedSpan(one, now)
  const place = missed === null ? null : placed(missed, shown)
  if (place === null || place.start === drawn.start) return null
  return (
    <div
      className={classes.missed}
      style={{ insetInlineStart: place.start, width: place.size, '--lane': lane, '--lanes': lanes } as CSSProperties}
      title={t('case.plannedFor', { time: formatTime(one.startsAt, timeZone) })}
    />
  )
}

/** The time that a case may take longer, and the room's turnover after it. */
function After({ one }: { one: Case }) {
  const { t, shown, timeZone, now } = useBoard()
  const planned = namedSpan(one, now).to
  const expected = caseSpan(one, now).to
  const longer = placed({ from: planned, to: expected }, shown)
  const cleaned = milestoneAt(one, 'cleaned')
  const free = cleaned === undefined ? expected + one.turnoverMinutes * minuteMs : Date.parse(cleaned)
  const turnover = placed({ from: expected, to: free }, shown)
  return (
    <>
      {longer === null ? null : (
        <div
          className={`${classes.longer} ${signClasses.longer}`}
          style={{ insetInlineStart: longer.start, width: longer.size }}
          title={t('case.expectedUntil', { time: formatTimeUnlike(planned, expected, timeZone) })}
        />
      )}
      {turnover === null ? null : (
        <div
          className={`${classes.turnover} ${signClasses.turnover}`}
          style={{ insetInlineStart: turnover.start, width: turnover.size }}
          title={t('case.turnover')}
        />
      )}
    </>
  )
}
