import type { WebhookWithSecret } from '@holdfast/contract/client'
import { Anchor, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { useClinic } from '../use-clinic.ts'
import { AddWebhook } from './add-webhook.tsx'
import { WebhookCard } from './webhook-card.tsx'
import { webhooksQuery } from './webhook-queries.ts'
import { WebhookSecret } from './webhook-secret.tsx'

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
