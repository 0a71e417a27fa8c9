import type { WaitlistEntry } from '@holdfast/contract/client'
import { Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { EntryDays } from '../../domain/waitlist/entry-days.tsx'
import { myEntriesQuery } from '../../domain/waitlist/waitlist-queries.ts'
import { WaitsFor } from '../../domain/waitlist/waits-for.tsx'
import { formatNumber } from '../../lib/i18n/format.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { useSession } from '../../lib/session/session.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { SignInFirst } from '../../ui/states/sign-in-first.tsx'

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
  const entries = useQuery(myEntriesQuery(accountId))
  if (entries.data === undefined) return <LoadingOrError of={entries} />
  if (entries.data.length === 0) {
    return (
      <EmptyState title={t('mine.none')} help={t('mine.noneHelp')}>
        <LinkButton to="/">{t('findDoctor')}</LinkButton>
      </EmptyState>
    )
  }
  return (
    <Stack component="ul" gap="md" m={0} p={0} maw="52rem" style={{ listStyle: 'none' }}>
      {entries.data.map((entry) => (
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
      <Text size="sm" c="dimmed">
        <bdi>{entry.patient.name}</bdi>
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
