import { useTranslation } from 'react-i18next'
import { formatMinutes, formatNumber } from '../../../lib/i18n/format.ts'
import classes from './report.module.css'

const figures = ['raw', 'adjusted', 'onTime', 'turnover', 'overtime', 'estimateError', 'cancelled', 'release'] as const

type FigureDefinitionsProps = { graceMinutes: number; releaseDays: number }

/** What each figure counts. */
export function FigureDefinitions({ graceMinutes, releaseDays }: FigureDefinitionsProps) {
  const { t } = useTranslation('theatre')
  const values = {
    grace: formatMinutes(graceMinutes),
    days: formatNumber(releaseDays, { style: 'unit', unit: 'day', unitDisplay: 'long' }),
  }
  return (
    <details>
      <summary>{t('report.definitions')}</summary>
      <dl className={classes.definitions}>
        {figures.map((figure) => (
          <div key={figure}>
            <dt>{t(`figure.${figure}`)}</dt>
            <dd>{t(`definition.${figure}`, values)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
