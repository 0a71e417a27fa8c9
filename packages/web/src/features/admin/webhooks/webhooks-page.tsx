import type { WebhookWithSecret } from '@holdfast/contract/client'
import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FocusedTitle } from '../../../ui/focus/focused-title.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { AddWebhook } from './add-webhook.tsx'
import { WebhookCard } from './webhook-card.tsx'
import { webhooksQuery } from './webhook-queries.ts'

/** Where the clinic's events are sent to. */
export function WebhooksPage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const webhooks = useQuery(webhooksQuery(clinicId))
  const [shown, setShown] = useState<WebhookWithSecret | null>(null)
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t('tabs.webhooks')}</PageTitle>
        <Text c="dimmed">{t('webhooks.intro')}</Text>
        <Anchor href="/help/webhooks" underline="always">
          {t('webhooks.help')}
        </Anchor>
      </div>
      <AddWebhook onAdded={setShown} />
      {shown === null ? null : <WebhookSecret key={shown.secret} webhook={shown} />}
      {webhooks.data === undefined ? (
        <LoadingOrError of={webhooks} />
      ) : webhooks.data.length === 0 ? (
        <Text role="status" c="dimmed">
          {t('webhooks.none')}
        </Text>
      ) : (
        webhooks.data.map((webhook) => (
          <WebhookCard
            key={webhook.id}
            webhook={webhook}
            onRotated={setShown}
            onRemoved={() => setShown((one) => (one?.id === webhook.id ? null : one))}
          />
        ))
      )}
    </Stack>
  )
}

/** The secret of a new webhook, or a new one. It cannot be shown again, because the server stores it encrypted. */
function WebhookSecret({ webhook: { url, secret } }: { webhook: WebhookWithSecret }) {
  const { t } = useTranslation('admin')
  const field = useRef<HTMLInputElement>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret)
      toastDone({ message: t('webhooks.copied') })
    } catch {
      // Copying is not permitted, or not available over plain HTTP.
      field.current?.select()
      toastFailed({ message: t('people.copyFailed') })
    }
  }
  return (
    <section className={layoutClasses.panel} aria-labelledby="webhook-secret">
      <Stack gap="sm">
        <FocusedTitle id="webhook-secret">{t('webhooks.secretTitle', { url })}</FocusedTitle>
        <Text>{t('webhooks.secretHelp')}</Text>
        <Group align="end" gap="sm">
          <TextInput
            ref={field}
            label={t('webhooks.secret')}
            value={secret}
            readOnly
            dir="ltr"
            onFocus={({ currentTarget }) => currentTarget.select()}
            flex="1 1 16rem"
          />
          <Button onClick={copy}>{t('webhooks.copySecret')}</Button>
        </Group>
      </Stack>
    </section>
  )
}
