import type { Allocation, Case } from '@holdfast/contract/client'
import { Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatNumber, formatTimes } from '../../../lib/i18n/format.ts'
import type { Names } from '../conflict-text.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './case.module.css'

/** Everything that a case takes, and until when nobody else can have it. */
export function CaseAllocations({ one, names }: { one: Case; names: Names }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const shown = one.allocations.filter(({ kind }) => kind !== 'patient')
  if (shown.length === 0) return null
  return (
    <section aria-labelledby="case-allocations">
      <Title order={3} size="h4" mb="xs" id="case-allocations">
        {t('case.takes')}
      </Title>
      <ul className={classes.list}>
        {shown.map((taken) => (
          <li key={`${taken.kind} ${taken.resourceId} ${taken.unit}`} className={classes.taken}>
            <Taken taken={taken} names={names} />
            <span className="tabular">{formatTimes(taken.from, taken.to, timeZone)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Taken({ taken: { kind, resourceId, unit }, names }: { taken: Allocation; names: Names }) {
  const { t } = useTranslation('theatre')
  if (kind === 'room') return <bdi>{names.room(resourceId)}</bdi>
  if (kind !== 'equipment') return <bdi>{names.person(resourceId)}</bdi>
  return <bdi>{t('resources.unit', { name: names.equipment(resourceId), unit: formatNumber(unit) })}</bdi>
}
