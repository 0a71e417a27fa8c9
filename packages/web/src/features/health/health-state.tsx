import type { HealthCheck } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import classes from './health.module.css'

/** A dot whose colour and shape differ for each state, and what the state means. */
export function HealthState({ state }: { state: HealthCheck['state'] }) {
  const { t } = useTranslation('health')
  return (
    <span className={classes.state}>
      <span aria-hidden="true" className={classes.dot} data-state={state} />
      {t(`state.${state}`)}
    </span>
  )
}
