import { useTranslation } from 'react-i18next'
import type { CalendarEvent, EventKind } from './calendar-events.ts'
import classes from './slot-calendar.module.css'

const kindTexts = {
  booked: 'calendar.booked',
  arrived: 'calendar.arrived',
  held: 'calendar.held',
  blocked: 'calendar.blocked',
  free: 'calendar.free',
} as const satisfies Record<EventKind, string>
const kinds = Object.keys(kindTexts) as EventKind[]

/** What the colours and the sign of the calendar mean; only what it shows now. */
export function CalendarLegend({ events, hasSessions }: { events: readonly CalendarEvent[]; hasSessions: boolean }) {
  const { t } = useTranslation('schedule')
  const shown = new Set(events.map(({ payload }) => payload.kind))
  const isExpectedShown = events.some(({ payload }) => payload.isExpected)
  if (shown.size === 0 && !hasSessions) return null
  return (
    <ul className={`${classes.legend} no-print`} aria-label={t('calendar.legend')}>
      {kinds
        .filter((kind) => shown.has(kind))
        .map((kind) => (
          <li key={kind}>
            <span className={classes.swatch} data-kind={kind} aria-hidden="true" />
            {t(kindTexts[kind])}
          </li>
        ))}
      {hasSessions ? (
        <li>
          <span className={classes.swatch} data-kind="session" aria-hidden="true" />
          {t('calendar.session')}
        </li>
      ) : null}
      {isExpectedShown ? (
        <li>
          <span className={classes.swatch} data-kind="booked" aria-hidden="true">
            ✓
          </span>
          {t('calendar.expected')}
        </li>
      ) : null}
    </ul>
  )
}
