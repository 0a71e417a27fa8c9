import type { Health } from '@holdfast/contract/client'
import { Anchor, Group, Stack, Text, Title } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { formatNumber, formatTimeOfDay, ownTimeZone } from '../../lib/i18n/format.ts'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import classes from './health.module.css'
import { countsOf, inGroups } from './health-groups.ts'
import { HealthState } from './health-state.tsx'
import { HealthTable } from './health-table.tsx'

/** How the installation is, for site administrators: the same as `holdfast doctor --watch`. */
export function HealthPage() {
  const { t } = useTranslation('health')
  const health = useQuery(healthQuery)
  return (
    <Stack gap="lg">
      <div>
        <TextLink to="/clinic" search={{ all: true }}>
          {t('back')}
        </TextLink>
        <Group justify="space-between" align="end">
          <PageTitle>{t('title')}</PageTitle>
          {health.data === undefined ? null : (
            <Text size="sm" c="dimmed" className="tabular">
              {t('asOf', { time: formatTimeOfDay(health.data.at, ownTimeZone()) })}
            </Text>
          )}
        </Group>
        <Text c="dimmed" maw="44rem">
          {t('intro')}{' '}
          <Anchor href="/help/operations-monitoring" underline="always">
            {t('introHelp')}
          </Anchor>
        </Text>
      </div>
      {health.data === undefined ? (
        <LoadingOrError of={health} />
      ) : (
        <>
          {health.isError ? (
            <ErrorState error={health.error} help={t('notNewer')} retry={() => void health.refetch()} />
          ) : null}
          <Checks health={health.data} />
        </>
      )}
    </Stack>
  )
}

function Checks({ health: { checks, process } }: { health: Health }) {
  const { t } = useTranslation('health')
  if (checks.length === 0) return <EmptyState title={t('none')} help={t('noneHelp')} />
  return (
    <>
      <div className={classes.counts} role="status">
        {countsOf(checks).map(({ state, count }) => (
          <span key={state}>
            <HealthState state={state} /> <span className="tabular">{formatNumber(count)}</span>
          </span>
        ))}
      </div>
      {inGroups(checks).map(({ group, checks }) => (
        <section key={group} aria-labelledby={`health-${group}`}>
          <Title order={2} size="h3" mb="sm" id={`health-${group}`}>
            {t(`group.${group}`)}
          </Title>
          <HealthTable label={t(`group.${group}`)} checks={checks} />
        </section>
      ))}
      <Text size="sm" c="dimmed">
        {t('process')} <bdi>{process}</bdi>
      </Text>
    </>
  )
}

const rereadMs = 15_000

/** Read again while the page is visible. What was read last stays, with its time, when a reading fails. */
const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: (): Promise<Health> => dataOf(api.getHealth()),
  refetchInterval: rereadMs,
  staleTime: 0,
})
