import type { ApiKeyWithSecret } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { NewSecret } from '../shared/new-secret.tsx'
import { useClinic } from '../use-clinic.ts'
import { AddApiKey } from './add-api-key.tsx'
import { ApiKeyCard } from './api-key-card.tsx'
import { apiKeysQuery } from './api-key-queries.ts'

/** The keys with which other programs use the API for the clinic. */
export function ApiKeysPage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const apiKeys = useQuery(apiKeysQuery(clinicId))
  const [shown, setShown] = useState<ApiKeyWithSecret | null>(null)
  return (
    <Stack gap="lg">
      <PageHead
        title={t('tabs.apiKeys')}
        intro={t('apiKeys.intro')}
        help={{ href: '/help/api-keys', text: t('apiKeys.help') }}
      />
      <AddApiKey onAdded={setShown} />
      {shown === null ? null : (
        <NewSecret
          key={shown.key}
          id="api-key-secret"
          title={t('apiKeys.secretTitle', { name: shown.name })}
          help={t('apiKeys.secretHelp')}
          value={shown.key}
          label={t('apiKeys.secret')}
          button={t('apiKeys.copy')}
          copied={t('apiKeys.copied')}
          failed={t('secretCopyFailed')}
        />
      )}
      {apiKeys.data === undefined ? (
        <LoadingOrError of={apiKeys} />
      ) : apiKeys.data.length === 0 ? (
        <Text role="status" c="dimmed">
          {t('apiKeys.none')}
        </Text>
      ) : (
        apiKeys.data.map((apiKey) => (
          <ApiKeyCard
            key={apiKey.id}
            apiKey={apiKey}
            onRotated={setShown}
            onRemoved={() => setShown((one) => (one?.id === apiKey.id ? null : one))}
          />
        ))
      )}
    </Stack>
  )
}
