import { Alert, Button, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { isFinal, isOutdatedCode, refusalCode } from '../../lib/api/api-error.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { LinkButton } from '../buttons/link-button.tsx'
import { Icon } from '../icon.tsx'

type ErrorStateProps = {
  error: unknown
  retry?: () => void
  /** What happens next or what to do, instead of the error's own text. */
  help?: string | undefined
  /** false if the page's heading says what went wrong. */
  isTitled?: boolean
}

/** An error with its help text, and a button to try again if that may help. */
export function ErrorState({ error, retry, help: ownHelp, isTitled = true }: ErrorStateProps) {
  const { t } = useTranslation('problems')
  const { title, help } = problemMessage(error, t)
  const { pathname, search } = window.location
  return (
    <Alert
      role="alert"
      color="red"
      variant="outline"
      icon={<Icon of={IconAlertTriangle} />}
      title={isTitled ? title : null}
      radius="lg"
    >
      <Stack align="flex-start" gap="sm">
        <Text>{ownHelp ?? help}</Text>
        {refusalCode(error) === 'second_factor_required' ? (
          <LinkButton size="sm" to="/account" search={{ to: pathname + search }}>
            {t('toAccount')}
          </LinkButton>
        ) : null}
        {retry === undefined || isFinal(error) ? null : (
          <Button variant="default" size="sm" onClick={retry}>
            {t(isOutdatedCode(error) ? 'reload' : 'retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
