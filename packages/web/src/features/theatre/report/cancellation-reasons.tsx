import type { TheatreFigures } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import classes from './report.module.css'

/** Why cases were cancelled, the most frequent reason first. */
export function CancellationReasons({ figures: { cancellations } }: { figures: TheatreFigures }) {
  const { t } = useTranslation('theatre')
  const most = Math.max(...cancellations.map(({ count }) => count))
  if (cancellations.length === 0) return null
  return (
    <Panel id="report-reasons" title={t('report.reasons')}>
      <ul className={classes.reasons}>
        {cancellations.map(({ reason, count }) => (
          <li key={reason}>
            <bdi>{t(`reason.${reason}`, { defaultValue: reason })}</bdi>
            <span className={classes.bar} aria-hidden="true">
              <span style={{ width: `${(100 * count) / most}%` }} />
            </span>
            <span className="tabular">{formatNumber(count)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
