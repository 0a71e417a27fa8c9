import type { WebhookWithSecret } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { NewSecret } from '../shared/new-secret.tsx'
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
      <PageHead
        title={t('tabs.webhooks')}
        intro={t('webhooks.intro')}
        help={{ href: '/help/webhooks', text: t('webhooks.help') }}
      />
      <AddWebhook onAdded={setShown} />
      {shown === null ? null : (
        <NewSecret
          key={shown.secret}
          id="webhook-secret"
          title={t('webhooks.secretTitle', { url: shown.url })}
          help={t('webhooks.secretHelp')}
          value={shown.secret}
          label={t('webhooks.secret')}
          button={t('webhooks.copySecret')}
          copied={t('webhooks.copied')}
          failed={t('secretCopyFailed')}
        />
      )}
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
