import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PasskeyError } from './passkey-ceremony.ts'

/** Why no passkey was created or used. @param whenCancelled the text if its person changed their mind */
export function PasskeyErrorText({
  error,
  whenCancelled,
}: {
  error: unknown
  whenCancelled: 'passkeys.cancelled' | 'passkeys.notAdded'
}) {
  const { t } = useTranslation('account')
  if (error === null) return null
  if (!(error instanceof PasskeyError)) return <ErrorState error={error} />
  return (
    <Text role="alert" c="var(--mantine-color-error)">
      {t(error.kind === 'cancelled' ? whenCancelled : `passkeys.${error.kind}`)}
    </Text>
  )
}
