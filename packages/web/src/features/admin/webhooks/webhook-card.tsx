import type { Webhook, WebhookWithSecret } from '@holdfast/contract/client'
import { Group, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { errorBesidePassword, PasswordDialog } from '../../../domain/password/password-dialog.tsx'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { useConfirmed } from '../../../ui/dialogs/use-confirmed.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { DeliveriesTable } from './deliveries-table.tsx'
import { eventSuffix } from './event-names.ts'
import { lastResponse } from './last-response.ts'
import { useWebhookActions } from './webhook-queries.ts'

type WebhookCardProps = {
  webhook: Webhook
  /** Receives the webhook with its new secret. */
  onRotated(webhook: WebhookWithSecret): void
  onRemoved(): void
}

/** The actions that are confirmed first. */
type Asked = 'rotate' | 'replay' | 'remove'

/** A webhook with its state, what can be done with it, and what was sent to it. */
export function WebhookCard({ webhook, onRotated, onRemoved }: WebhookCardProps) {
  const { t } = useTranslation('admin')
  const actions = useWebhookActions()
  const { id, url, pausedAt, events } = webhook
  const isPaused = pausedAt !== null
  const error = errorBesidePassword(Object.values(actions).find((action) => action.isError)?.error ?? null)
  const rotate = (of: { id: string; password?: string }) => actions.rotate.mutate(of, { onSuccess: onRotated })
  const test = () =>
    actions.test.mutate(id, {
      onSuccess: (delivery) => {
        if (delivery.state === 'delivered') {
          toastDone({ message: t('webhooks.testDone', { status: delivery.status ?? '' }) })
        } else toastFailed({ message: t('webhooks.testFailed', { result: lastResponse(t, delivery) }) })
      },
    })
  const { asked, ask, dialog } = useConfirmed<Asked>({
    rotate: () => rotate({ id }),
    replay: () => actions.replay.mutate(id, { onSuccess: () => toastDone({ message: t('webhooks.replayDone') }) }),
    // Not by the callbacks of `mutate`: the card may be gone by then, and they are not called.
    remove: () =>
      void actions.remove.mutateAsync(id).then(
        () => {
          toastDone({ message: t('webhooks.removed') })
          onRemoved()
        },
        () => undefined,
      ),
  })
  const button = (label: string, onClick: () => void, isBusy: boolean) => (
    <ActionButton
      size="sm"
      variant="default"
      isBusy={isBusy}
      aria-label={t('webhooks.of', { action: label, url })}
      onClick={onClick}
    >
      {label}
    </ActionButton>
  )
  return (
    <section className={layoutClasses.panel} aria-labelledby={`webhook-${id}`} data-row>
      <Stack gap="sm">
        <Title order={2} size="h4" id={`webhook-${id}`} style={{ overflowWrap: 'anywhere' }}>
          <bdi>{url}</bdi>
        </Title>
        <WebhookState webhook={webhook} />
        <Text size="sm">{events.map((name) => t(`webhooks.event.${eventSuffix(name)}`)).join(' · ')}</Text>
        {error === null ? null : <ErrorState error={error} />}
        <Group gap="xs">
          {button(t('webhooks.test'), test, actions.test.isPending)}
          {button(
            isPaused ? t('webhooks.resume') : t('webhooks.pause'),
            () => actions.change.mutate({ id, body: { paused: !isPaused } }),
            actions.change.isPending,
          )}
          {button(t('webhooks.rotate'), () => ask('rotate'), actions.rotate.isPending)}
          {button(t('webhooks.replay'), () => ask('replay'), actions.replay.isPending)}
          {button(t('webhooks.remove'), () => ask('remove'), actions.remove.isPending)}
        </Group>
        <DeliveriesTable webhook={webhook} />
      </Stack>
      <ConfirmDialog
        {...dialog}
        title={t(`webhooks.${asked ?? 'rotate'}Title`)}
        confirm={t(`webhooks.${asked ?? 'rotate'}`)}
        isHarmless={asked !== 'remove'}
      >
        <Text fw={600}>
          <bdi>{url}</bdi>
        </Text>
        <Text>{t(`webhooks.${asked ?? 'rotate'}Help`)}</Text>
      </ConfirmDialog>
      <PasswordDialog of={actions.rotate} send={rotate} />
    </section>
  )
}

function WebhookState({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation('admin')
  const { timeZone } = useClinic()
  const { pauseReason, failingSince, due, isReplaying } = webhook
  const texts = [
    pauseReason === null ? t('webhooks.active') : t(`webhooks.paused.${pauseReason}`),
    ...(failingSince === null ? [] : [t('webhooks.failing', { time: formatDayTime(failingSince, timeZone) })]),
    ...(due === 0 ? [] : [t('webhooks.due', { number: due })]),
    ...(isReplaying ? [t('webhooks.replaying')] : []),
  ]
  return (
    <Text role="status" fw={pauseReason === null ? 400 : 600}>
      {texts.join(' · ')}
    </Text>
  )
}
