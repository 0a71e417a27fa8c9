import { Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../../../lib/api/api-error.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { Refusal } from '../refusal.tsx'
import type { Resolution } from '../resolution.ts'

type HoldRefusalProps = {
  error: Error
  day: string
  isBusy: boolean
  onResolve: (resolution: Resolution) => void
}

/** Why a case was not held, and what can be done about it. */
export function HoldRefusal({ error, day, isBusy, onResolve }: HoldRefusalProps) {
  const { t } = useTranslation('theatre')
  const conflicts = error instanceof RefusedError ? (error.problem.conflicts ?? []) : []
  if (conflicts.length === 0) return <ErrorState error={error} />
  return (
    <section className={layoutClasses.panel} role="alert">
      <Title order={2} size="h3" mb="xs">
        {t('book.refused')}
      </Title>
      <Refusal conflicts={conflicts} day={day} isBusy={isBusy} submit={t('override.hold')} onResolve={onResolve} />
    </section>
  )
}
