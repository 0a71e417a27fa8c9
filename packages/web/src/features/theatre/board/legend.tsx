import { useTranslation } from 'react-i18next'
import classes from '../service-marks.module.css'

/** The services of the board, with their colours and patterns. */
export function Legend({ marks }: { marks: Map<string, number> }) {
  const { t } = useTranslation('theatre')
  if (marks.size === 0) return null
  return (
    <ul className={classes.legend} aria-label={t('board.services')}>
      {[...marks].map(([service, mark]) => (
        <li key={service}>
          <span className={`${classes.mark} ${classes.swatch}`} data-mark={mark} aria-hidden="true" />
          <bdi>{service}</bdi>
        </li>
      ))}
    </ul>
  )
}
