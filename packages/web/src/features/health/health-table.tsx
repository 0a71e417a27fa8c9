import type { HealthCheck } from '@holdfast/contract/client'
import { Anchor, Text } from '@mantine/core'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatNumber, formatShare, ownTimeZone } from '../../lib/i18n/format.ts'
import { ListTable } from '../../ui/list-table.tsx'
import { helpOf, inLargestUnit } from './health-groups.ts'
import { HealthState } from './health-state.tsx'

const bytesPerGibibyte = 2 ** 30

export function HealthTable({ label, checks }: { label: string; checks: readonly HealthCheck[] }) {
  const { t } = useTranslation('health')
  return (
    <ListTable
      caption={label}
      heads={[t('column.state'), t('column.what'), t('column.found'), t('column.times'), t('column.help')]}
    >
      {checks.map((check) => (
        <CheckRow key={`${check.name} ${check.database} ${check.of}`} check={check} />
      ))}
    </ListTable>
  )
}

function CheckRow({ check }: { check: HealthCheck }) {
  const { t } = useTranslation('health')
  const { name, state, runbook } = check
  return (
    <tr>
      <td>
        <HealthState state={state} />
      </td>
      <td>
        {t(`name.${name}`)}
        <Subject check={check} />
      </td>
      <td className="tabular">{foundIn(check, t)}</td>
      <td className="tabular">
        {timesOf(check, t).map((text) => (
          <Text key={text} size="sm">
            {text}
          </Text>
        ))}
      </td>
      <td>
        {state === 'ok' ? null : (
          <Anchor href={helpOf(runbook)} underline="always" aria-label={t('helpOn', { what: t(`name.${name}`) })}>
            {t('help')}
          </Anchor>
        )}
      </td>
    </tr>
  )
}

/** Which of several it is. */
function Subject({ check: { database, of } }: { check: HealthCheck }) {
  const parts = [database, of].filter((part) => part !== null)
  if (parts.length === 0) return null
  return (
    <Text size="sm" c="dimmed">
      <bdi>{parts.join(' · ')}</bdi>
    </Text>
  )
}

type Texts = TFunction<'health'>

/** The figure, the version, and why it is not well. */
function foundIn(check: HealthCheck, t: Texts): string {
  const { version, reason } = check
  return [figureOf(check, t), version, reason === null ? null : t(`reason.${reason}`)]
    .filter((part) => part !== null)
    .join(' · ')
}

function figureOf({ name, value, unit }: HealthCheck, t: Texts): string | null {
  if (value === null) return null
  if (unit === 'share') return formatShare(value)
  if (unit === 'bytes') {
    // As in the thresholds. Intl has no such unit.
    return t('gibibytes', { size: formatNumber(value / bytesPerGibibyte, { maximumFractionDigits: 1 }) })
  }
  if (unit === 'seconds') {
    const length = inLargestUnit(value)
    return formatNumber(length.value, { style: 'unit', unit: length.unit, unitDisplay: 'long' })
  }
  const count = formatNumber(value)
  if (name === 'verify') return t('count.faults', { count })
  if (name === 'booking_queue') return t('count.waiting', { count })
  return name === 'schema' ? t('count.files', { count }) : t('count.failures', { count })
}

function timesOf({ since, succeededAt, failedAt }: HealthCheck, t: Texts): string[] {
  const timeOf = (at: string) => formatDayTime(at, ownTimeZone())
  return [
    ...(since === null ? [] : [t('since', { time: timeOf(since) })]),
    ...(succeededAt === null ? [] : [t('succeededAt', { time: timeOf(succeededAt) })]),
    ...(failedAt === null ? [] : [t('failedAt', { time: timeOf(failedAt) })]),
  ]
}
