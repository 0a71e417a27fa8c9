import type { ApiKeyWithSecret } from '@holdfast/contract/client'
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
      <div>
        <PageTitle>{t('tabs.apiKeys')}</PageTitle>
        <Text c="dimmed">{t('apiKeys.intro')}</Text>
        <Anchor href="/help/api-keys" underline="always">
          {t('apiKeys.help')}
        </Anchor>
      </div>
      <AddApiKey onAdded={setShown} />
      {shown === null ? null : <NewSecret key={shown.key} apiKey={shown} />}
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

/** The secret of a key, which cannot be shown again: the server stores only its hash. */
function NewSecret({ apiKey: { name, key } }: { apiKey: ApiKeyWithSecret }) {
  const { t } = useTranslation('admin')
  const field = useRef<HTMLInputElement>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(key)
      toastDone({ message: t('apiKeys.copied') })
    } catch {
      // Copying is not permitted, or not available over plain HTTP.
      field.current?.select()
      toastFailed({ message: t('people.copyFailed') })
    }
  }
  return (
    <section className={layoutClasses.panel} aria-labelledby="api-key-secret">
      <Stack gap="sm">
        <FocusedTitle id="api-key-secret">{t('apiKeys.secretTitle', { name })}</FocusedTitle>
        <Text>{t('apiKeys.secretHelp')}</Text>
        <Group align="end" gap="sm">
          <TextInput
            ref={field}
            label={t('apiKeys.secret')}
            value={key}
            readOnly
            dir="ltr"
            onFocus={({ currentTarget }) => currentTarget.select()}
            flex="1 1 16rem"
          />
          <Button onClick={copy}>{t('apiKeys.copy')}</Button>
        </Group>
      </Stack>
    </section>
  )
}
