import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { toastDone, toastFailed } from '../../ui/toast.ts'

/** The URL of a new feed. It cannot be shown again, because the server stores only its hash. */
export function FeedUrl({ url }: { url: string }) {
  const { t } = useTranslation('calendars')
  const field = useRef<HTMLInputElement>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(url)
      toastDone({ message: t('feed.copied') })
    } catch {
      // Copying is not permitted, or not available over plain HTTP.
      field.current?.select()
      toastFailed({ message: t('feed.copyFailed') })
    }
  }
  return (
    <Stack gap="xs">
      <Text fw={600}>{t('feed.once')}</Text>
      <Group align="end" gap="sm">
        <TextInput
          ref={field}
          label={t('feed.url')}
          value={url}
          readOnly
          dir="ltr"
          onFocus={({ currentTarget }) => currentTarget.select()}
          flex="1 1 16rem"
        />
        <Button onClick={copy}>{t('feed.copy')}</Button>
      </Group>
      <Anchor href={url.replace(/^https?:/, 'webcal:')} underline="always">
        {t('feed.open')}
      </Anchor>
    </Stack>
  )
}
