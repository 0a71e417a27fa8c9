import { useTranslation } from 'react-i18next'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import type { Span } from '../../../domain/time-grid/span.ts'
import { formatTimes } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { useClinic } from '../use-clinic.ts'
import classes from './day-columns.module.css'
import type { PlannedPlace } from './planned-place.ts'
import { type Planned, useAgainstText } from './use-visit-moves.ts'

type PlaceProps = { planned: Planned; place: PlannedPlace }

/** Where a visit would be, and what is against it. */
export function PlannedGhost({ planned: { isSent }, place: { span, against }, shown }: PlaceProps & { shown: Span }) {
  const { timeZone } = useClinic()
  const textOf = useAgainstText()
  return (
    <div
      className={classes.ghost}
      data-sent={isSent || undefined}
      data-conflict={(!isSent && against !== null) || undefined}
      style={placedStyle(span, shown, 'block')}
    >
      {formatTimes(span.from, span.to, timeZone)}
      {isSent || against === null ? null : <span>{textOf(against)}</span>}
    </div>
  )
}

/** The same for screen readers. */
export function PlannedText({ planned: { plan }, place: { span, against } }: PlaceProps) {
  const { t } = useTranslation('admin')
  const { doctors, timeZone } = useClinic()
  const textOf = useAgainstText()
  const name = isolated(doctors.find(({ id }) => id === plan.trackId)?.name ?? '–')
  const times = formatTimes(span.from, span.to, timeZone)
  return [t('today.planned', { name, times }), ...(against === null ? [] : [textOf(against)])].join(' · ')
}
