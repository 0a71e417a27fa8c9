import type { Session } from '@holdfast/contract/client'
import { userAgentName } from '@holdfast/vocabulary'
import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { formatDayTime, ownTimeZone } from '../../lib/i18n/format.ts'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import { ConfirmForm, confirmation } from './confirm-form.tsx'
import { sessionsQuery } from './sessions-query.ts'

/** What ends: one session, or all others. */
type Ending = { session: Session } | 'others'

/** Where the account is signed in, and signing out there. */
export function Sessions() {
  const { t } = useTranslation('account')
  const sessions = useQuery(sessionsQuery)
  const [ending, setEnding] = useState<Ending | null>(null)
  const nameOf = ({ userAgent }: Session) => userAgentName(userAgent) ?? t('sessions.unknown')
  const titleOf = (of: Ending) =>
    of === 'others' ? t('sessions.endOthers') : t('sessions.endOne', { name: nameOf(of.session) })
  return (
    <Stack gap="sm" component="section" aria-labelledby="sessions">
      <Title order={2} size="h3" id="sessions">
        {t('sessions.title')}
      </Title>
      {sessions.data === undefined ? (
        <LoadingOrError of={sessions} />
      ) : (
        <Paper withBorder radius="lg" p={{ base: 'md', sm: 'xl' }}>
          <Stack gap="lg">
            <Stack component="ul" gap="lg" m={0} p={0} style={{ listStyle: 'none' }}>
              {sessions.data.map((session) => (
                <SessionItem
                  key={session.id}
                  session={session}
                  name={nameOf(session)}
                  onEnd={() => setEnding({ session })}
                />
              ))}
            </Stack>
            {sessions.data.length > 1 ? (
              <Button variant="default" style={{ alignSelf: 'flex-start' }} onClick={() => setEnding('others')}>
                {t('sessions.endOthers')}
              </Button>
            ) : null}
          </Stack>
        </Paper>
      )}
      <Dialog
        isForm
        isOpen={ending !== null}
        onClose={() => setEnding(null)}
        title={ending === null ? '' : titleOf(ending)}
      >
        {ending === null ? null : <EndSessions ending={ending} onDone={() => setEnding(null)} />}
      </Dialog>
    </Stack>
  )
}

function SessionItem({ session, name, onEnd }: { session: Session; name: string; onEnd(): void }) {
  const { t } = useTranslation('account')
  return (
    <Group component="li" justify="space-between" gap="sm">
      <div>
        <Group gap="xs">
          <Text fw={600}>
            <bdi>{name}</bdi>
          </Text>
          {session.isCurrent ? (
            <Badge variant="light" tt="none">
              {t('sessions.current')}
            </Badge>
          ) : null}
        </Group>
        <Text size="sm" c="dimmed">
          {t('sessions.used', { time: formatDayTime(session.usedAt, ownTimeZone()) })}
        </Text>
      </div>
      {session.isCurrent ? null : (
        <Button size="sm" variant="default" aria-label={t('sessions.endOne', { name })} onClick={onEnd}>
          {t('signOut')}
        </Button>
      )}
    </Group>
  )
}

function EndSessions({ ending, onDone }: { ending: Ending; onDone(): void }) {
  const { t } = useTranslation('account')
  const queryClient = useQueryClient()
  const end = useMutation({
    mutationFn: (password: string | null) =>
      dataOf(
        ending === 'others'
          ? api.revokeOtherSessions({ body: confirmation(password) })
          : api.revokeSession({ body: { id: ending.session.id, ...confirmation(password) } }),
      ),
    onSuccess: async () => {
      await queryClient.invalidateQueries(sessionsQuery)
      toastDone({ message: t(ending === 'others' ? 'sessions.othersEnded' : 'sessions.ended') })
      onDone()
    },
  })
  return <ConfirmForm submit={t('signOut')} isBusy={end.isPending} error={end.error} onSubmit={end.mutate} />
}
