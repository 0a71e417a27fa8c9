import type { Session } from '@holdfast/contract/client'
import { Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api.ts'
import { formatDayTime, ownTimeZone } from '../../lib/format.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import { toastDone } from '../../ui/toast.ts'
import { wrappingLabel } from '../../ui/wrapping-label.ts'
import { sessionsQuery } from './sessions-query.ts'
import { userAgentName } from './user-agent-name.ts'

/** Where the account is signed in, and signing out there. */
export function Sessions() {
  const { t } = useTranslation('account')
  const sessions = useQuery(sessionsQuery)
  const endOthers = useEnd(() => dataOf(api.revokeOtherSessions({ body: {} })), t('sessions.othersEnded'))
  return (
    <Stack gap="sm" component="section" aria-labelledby="sessions">
      <Title order={2} size="h3" id="sessions">
        {t('sessions.title')}
      </Title>
      {sessions.data === undefined ? (
        sessions.isError ? (
          <ErrorState error={sessions.error} retry={() => void sessions.refetch()} />
        ) : (
          <PageLoading />
        )
      ) : (
        <Paper withBorder radius="lg" p={{ base: 'md', sm: 'xl' }}>
          <Stack gap="lg">
            <Stack component="ul" gap="lg" m={0} p={0} style={{ listStyle: 'none' }}>
              {sessions.data.map((session) => (
                <SessionItem key={session.id} session={session} />
              ))}
            </Stack>
            {endOthers.isError ? <ErrorState error={endOthers.error} /> : null}
            {sessions.data.length > 1 ? (
              <ActionButton
                variant="default"
                isBusy={endOthers.isPending}
                style={{ alignSelf: 'flex-start' }}
                h="auto"
                mih="2.75rem"
                styles={wrappingLabel}
                onClick={() => endOthers.mutate()}
              >
                {t('sessions.endOthers')}
              </ActionButton>
            ) : null}
          </Stack>
        </Paper>
      )}
    </Stack>
  )
}

function SessionItem({ session }: { session: Session }) {
  const { t } = useTranslation('account')
  const end = useEnd(() => dataOf(api.revokeSession({ body: { id: session.id } })), t('sessions.ended'))
  const name = userAgentName(session.userAgent) ?? t('sessions.unknown')
  return (
    <Group component="li" justify="space-between" gap="sm">
      <div>
        <Group gap="xs">
          <Text fw={600}>
            <bdi>{name}</bdi>
          </Text>
          {session.isCurrent ? <Badge variant="light">{t('sessions.current')}</Badge> : null}
        </Group>
        <Text size="sm" c="dimmed">
          {t('sessions.used', { time: formatDayTime(session.usedAt, ownTimeZone()) })}
        </Text>
        {end.isError ? <ErrorState error={end.error} /> : null}
      </div>
      {session.isCurrent ? null : (
        <ActionButton
          size="sm"
          variant="default"
          isBusy={end.isPending}
          aria-label={t('sessions.endOne', { name })}
          onClick={() => end.mutate()}
        >
          {t('signOut')}
        </ActionButton>
      )}
    </Group>
  )
}

function useEnd(end: () => Promise<unknown>, message: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: end,
    onSuccess: () => {
      toastDone({ message })
      return queryClient.invalidateQueries(sessionsQuery)
    },
  })
}
