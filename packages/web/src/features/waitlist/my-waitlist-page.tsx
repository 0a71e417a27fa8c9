import type { WaitlistEntry } from '@holdfast/contract/client'
import { Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { EntryDays } from '../../domain/waitlist/entry-days.tsx'
import { myEntriesQuery } from '../../domain/waitlist/waitlist-queries.ts'
import { WaitsFor } from '../../domain/waitlist/waits-for.tsx'
import { clinicQuery } from '../../lib/directory-queries.ts'
import { formatNumber } from '../../lib/format.ts'
import { useSession } from '../../lib/session.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { SessionFailed } from '../../ui/session-failed.tsx'
import { SignInFirst } from '../../ui/sign-in-first.tsx'
import { TextLink } from '../../ui/text-link.tsx'

/** An account's entries. A guest's entries open by their links. */
export function MyWaitlistPage() {
  const { t } = useTranslation('waitlist')
  const session = useSession()
  if (session.kind === 'unknown') return <PageLoading />
  if (session.kind === 'failed') return <SessionFailed title={t('mine.title')} session={session} />
  if (session.kind === 'guest') {
    return (
      <>
        <SignInFirst title={t('mine.title')} />
        <Text mt="lg" maw="42rem">
          {t('mine.guest')} <TextLink to="/find-waitlist-entry">{t('find.title')}</TextLink>
        </Text>
      </>
    )
  }
  return (
    <Stack gap="lg">
      <PageTitle>{t('mine.title')}</PageTitle>
      <Entries accountId={session.me.id} />
    </Stack>
  )
}

function Entries({ accountId }: { accountId: string }) {
  const { t } = useTranslation('waitlist')
  const { data, error, refetch } = useQuery(myEntriesQuery(accountId))
  if (data === undefined) {
    return error === null ? <PageLoading /> : <ErrorState error={error} retry={() => void refetch()} />
  }
  if (data.length === 0) {
    return (
      <EmptyState title={t('mine.none')} help={t('mine.noneHelp')}>
        <LinkButton to="/">{t('findDoctor')}</LinkButton>
      </EmptyState>
    )
  }
  return (
    <Stack component="ul" gap="md" m={0} p={0} maw="52rem" style={{ listStyle: 'none' }}>
      {data.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </Stack>
  )
}

function Entry({ entry }: { entry: WaitlistEntry }) {
  const { t } = useTranslation('waitlist')
  const clinic = useQuery(clinicQuery(entry.clinicId)).data
  const isOffered = entry.status === 'offered'
  return (
    <Paper component="li" withBorder p="lg" radius="lg">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Title order={2} size="h3">
          <WaitsFor entry={entry} />
        </Title>
        <Badge variant={isOffered ? 'filled' : 'default'} tt="none">
          {t(`status.${entry.paused ? 'paused' : entry.status}`)}
        </Badge>
      </Group>
      <Text mt="xs">
        <bdi>{clinic?.name ?? '\u00a0'}</bdi>
      </Text>
      <Text size="sm">
        <EntryDays entry={entry} />
      </Text>
      {entry.position === null ? null : (
        <Text size="sm">{t('position', { position: formatNumber(entry.position) })}</Text>
      )}
      <Group gap="sm" mt="md">
        <LinkButton size="sm" variant={isOffered ? 'filled' : 'default'} to="/waitlist-entry" hash={entry.id}>
          {t(isOffered ? 'mine.seeOffer' : 'mine.open')}
        </LinkButton>
      </Group>
    </Paper>
  )
}
