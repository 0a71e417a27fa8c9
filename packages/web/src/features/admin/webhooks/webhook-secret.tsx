import type { WebhookWithSecret } from '@holdfast/contract/client'
import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { FocusedTitle } from '../../../ui/focus/focused-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { toastDone, toastFailed } from '../../../ui/toast.ts'

/** The secret of a new webhook, or a new one. It cannot be shown again, because the server stores it encrypted. */
export function WebhookSecret({ webhook: { url, secret } }: { webhook: WebhookWithSecret }) {
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
