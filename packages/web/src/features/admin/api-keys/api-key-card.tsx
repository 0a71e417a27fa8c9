import type { ApiKey, ApiKeyWithSecret } from '@holdfast/contract/client'
import { Group, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { errorBesidePassword, PasswordDialog } from '../../../domain/password/password-dialog.tsx'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { useConfirmed } from '../../../ui/dialogs/use-confirmed.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { useApiKeyActions } from './api-key-queries.ts'

type ApiKeyCardProps = {
  apiKey: ApiKey
  /** Receives the key with its new secret. */
  onRotated(apiKey: ApiKeyWithSecret): void
  onRemoved(): void
}

/** The actions that are confirmed first. */
type Asked = 'rotate' | 'endPrevious' | 'remove'

/** An API key: what it may do, until when, when it was used, and what can be done with it. */
export function ApiKeyCard({ apiKey, onRotated, onRemoved }: ApiKeyCardProps) {
  const { t } = useTranslation('admin')
  const actions = useApiKeyActions()
  const { id, name, scopes, previousUntil } = apiKey
  const error = errorBesidePassword(Object.values(actions).find((action) => action.isError)?.error ?? null)
  const rotate = (of: { id: string; password?: string }) => actions.rotate.mutate(of, { onSuccess: onRotated })
  const { asked, ask, dialog } = useConfirmed<Asked>({
    rotate: () => rotate({ id }),
    endPrevious: () =>
      actions.endPrevious.mutate(id, { onSuccess: () => toastDone({ message: t('apiKeys.previousEnded') }) }),
    // Not by the callbacks of `mutate`: the card may be gone by then, and they are not called.
    remove: () =>
      void actions.remove.mutateAsync(id).then(
        () => {
          toastDone({ message: t('apiKeys.removed') })
          onRemoved()
        },
        () => undefined,
      ),
  })
  const button = (action: Asked) => (
    <ActionButton
      size="sm"
      variant="default"
      isBusy={actions[action].isPending}
      aria-label={t('apiKeys.of', { action: t(`apiKeys.${action}`), name })}
      onClick={() => ask(action)}
    >
      {t(`apiKeys.${action}`)}
    </ActionButton>
  )
  return (
    <section className={layoutClasses.panel} aria-labelledby={`api-key-${id}`} data-row>
      <Stack gap="sm">
        <Title order={2} size="h4" id={`api-key-${id}`} style={{ overflowWrap: 'anywhere' }}>
          <bdi>{name}</bdi>
        </Title>
        <Facts apiKey={apiKey} />
        <Text size="sm">{scopes.map((scope) => t(`apiKeys.scope.${scope}`, { nsSeparator: false })).join(' · ')}</Text>
        {error === null ? null : <ErrorState error={error} />}
        <Group gap="xs">
          {isExpired(apiKey) ? null : button('rotate')}
          {previousUntil === null ? null : button('endPrevious')}
          {button('remove')}
        </Group>
      </Stack>
      <ConfirmDialog
        {...dialog}
        title={t(`apiKeys.${asked ?? 'rotate'}Title`)}
        confirm={t(`apiKeys.${asked ?? 'rotate'}`)}
        isHarmless={asked === 'rotate'}
      >
        <Text fw={600}>
          <bdi>{name}</bdi>
        </Text>
        <Text>{t(`apiKeys.${asked ?? 'rotate'}Help`)}</Text>
      </ConfirmDialog>
      <PasswordDialog of={actions.rotate} send={rotate} />
    </section>
  )
}

function isExpired({ expiresAt }: ApiKey): boolean {
  return expiresAt !== null && new Date(expiresAt) <= new Date(serverNow())
}

function Facts({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation('admin')
  const { timeZone } = useClinic()
  const { createdByName, createdAt, expiresAt, lastUsedAt, previousUntil } = apiKey
  const at = (instant: string) => ({ time: formatDayTime(instant, timeZone) })
  const ending = isExpired(apiKey) ? 'apiKeys.expired' : 'apiKeys.expiresAt'
  const texts = [
    createdByName === null
      ? t('apiKeys.createdByNobody', at(createdAt))
      : t('apiKeys.created', { name: createdByName, ...at(createdAt) }),
    lastUsedAt === null ? t('apiKeys.unused') : t('apiKeys.used', at(lastUsedAt)),
    expiresAt === null ? t('apiKeys.forever') : t(ending, at(expiresAt)),
    ...(previousUntil === null ? [] : [t('apiKeys.previous', at(previousUntil))]),
  ]
  return <Text fw={isExpired(apiKey) ? 600 : 400}>{texts.join(' · ')}</Text>
}
