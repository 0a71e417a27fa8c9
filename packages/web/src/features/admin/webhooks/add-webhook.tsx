import type { NewWebhook, PublishedEvent, WebhookWithSecret } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Box, Checkbox, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { errorBesidePassword, PasswordDialog } from '../../../domain/password/password-dialog.tsx'
import { refusesField } from '../../../lib/api/api-error.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { eventNames, eventSuffix } from './event-names.ts'
import { useWebhookActions } from './webhook-queries.ts'

const chosenAtFirst: PublishedEvent[] = ['booking.confirmed', 'booking.moved', 'booking.cancelled', 'booking.failed']

/** A form for a new webhook. */
export function AddWebhook({ onAdded }: { onAdded(webhook: WebhookWithSecret): void }) {
  const { t } = useTranslation('admin')
  const { add } = useWebhookActions()
  const form = useForm<{ url: string; events: PublishedEvent[] }>({
    initialValues: { url: '', events: chosenAtFirst },
    validate: { events: (events) => (events.length === 0 ? t('webhooks.chooseEvents') : null) },
  })
  const error = errorBesidePassword(add.error)
  const send = (body: NewWebhook) => {
    const onSuccess = (webhook: WebhookWithSecret) => {
      form.reset()
      onAdded(webhook)
    }
    const onError = (error: Error) => {
      if (!refusesField(error, 'url')) return
      form.setFieldError('url', t('webhooks.urlRefused'))
      form.getInputNode('url')?.focus()
    }
    add.mutate(body, { onSuccess, onError })
  }
  const submit = form.onSubmit(({ url, events }) => send({ url: url.trim(), events }))
  return (
    <Panel id="add-webhook" title={t('webhooks.add')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            type="url"
            dir="ltr"
            label={t('webhooks.url')}
            description={t('webhooks.urlHelp')}
            required
            maxLength={lengths.url}
            autoComplete="off"
            {...form.getInputProps('url')}
          />
          <Checkbox.Group label={t('webhooks.events')} {...form.getInputProps('events')}>
            <Box className={layoutClasses.longChoices} mt="xs">
              {eventNames.map((name) => (
                <Checkbox key={name} value={name} label={t(`webhooks.event.${eventSuffix(name)}`)} />
              ))}
            </Box>
          </Checkbox.Group>
          {error !== null && !refusesField(error, 'url') ? <ErrorState error={error} /> : null}
          <Group>
            <ActionButton type="submit" isBusy={add.isPending}>
              {t('webhooks.submit')}
            </ActionButton>
          </Group>
        </Stack>
      </form>
      <PasswordDialog of={add} send={send} />
    </Panel>
  )
}
