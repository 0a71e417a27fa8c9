import { Alert, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../lib/session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { afterSignIn } from './after-sign-in.ts'
import { signInWithPasskey } from './passkey-ceremony.ts'
import { PasskeyErrorText } from './passkey-error-text.tsx'
import { secondFactorsQuery, useRefreshFactors } from './second-factors-query.ts'

/** Says what to do when a role of the account needs a second factor and this session was started without one. */
export function FactorMissing() {
  const { t } = useTranslation('account')
  const session = useSession()
  const factors = useQuery(secondFactorsQuery)
  const queryClient = useQueryClient()
  const refresh = useRefreshFactors()
  const use = useMutation({
    mutationFn: signInWithPasskey,
    onSuccess: async () => {
      await afterSignIn(queryClient)
      await refresh()
    },
  })
  if (session.kind !== 'account' || factors.data === undefined) return null
  const { me } = session
  const isMissing = me.lacksSecondFactor || me.memberships.some(({ lacksSecondFactor }) => lacksSecondFactor)
  if (!isMissing) return null
  const { hasTotp, passkeys, passkeyOrigin } = factors.data
  const hasOne = hasTotp || passkeys.length > 0
  return (
    <Alert
      color="amber"
      variant="outline"
      radius="lg"
      icon={<Icon of={IconAlertTriangle} />}
      title={t('factorMissing.title')}
    >
      <Stack align="flex-start" gap="sm">
        <Text>{t(hasOne ? 'factorMissing.have' : 'factorMissing.some')}</Text>
        {passkeys.length > 0 && passkeyOrigin === window.location.origin ? (
          <ActionButton size="sm" isBusy={use.isPending} onClick={() => use.mutate()}>
            {t('factorMissing.use')}
          </ActionButton>
        ) : null}
        <PasskeyErrorText error={use.error} whenCancelled="passkeys.cancelled" />
      </Stack>
    </Alert>
  )
}
