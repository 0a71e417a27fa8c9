import { Alert, Button, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { problemMessage } from '../lib/problem-message.ts'
import { WarningIcon } from './icons.tsx'

/** What went wrong, in words, and one press to try again. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation('problems')
  const { title, help } = problemMessage(error, t)
  return (
    <Alert role="alert" color="red" variant="outline" icon={<WarningIcon />} title={title} radius="lg">
      <Stack align="flex-start" gap="sm">
        <Text>{help}</Text>
        {retry === undefined ? null : (
          <Button variant="default" size="sm" onClick={retry}>
            {t('retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
