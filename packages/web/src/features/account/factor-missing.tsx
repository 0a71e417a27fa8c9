import type { Me, SecondFactors } from '@holdfast/contract/client'
import { Alert, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { afterSignIn } from '../../lib/session/after-sign-in.ts'
import { useSession } from '../../lib/session/session.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { signInWithPasskey } from './passkey-ceremony.ts'
import { PasskeyErrorText } from './passkey-error-text.tsx'
import { secondFactorsQuery, useRefreshFactors } from './second-factors-query.ts'
import { useReturn } from './use-return.ts'

type FactorMissingProps = {
  /** The page that needs a second factor and led here. */
  to: string | undefined
  /** Opens the dialog that sets up an authenticator app. */
  onSetUp(): void
}

/**
 * Says what to do when a role of the account, or the page that led here, needs a second factor and this session was
 * started without one. Afterwards it leads back.
 */
export function FactorMissing({ to, onSetUp }: FactorMissingProps) {
  const session = useSession()
  const factors = useQuery(secondFactorsQuery)
  if (session.kind !== 'account' || factors.data === undefined) return null
  const { me } = session
  const isMissing = me.lacksSecondFactor || me.memberships.some(({ lacksSecondFactor }) => lacksSecondFactor)
  const hasOne = factors.data.hasTotp || factors.data.passkeys.length > 0
  if (isMissing || (to !== undefined && !hasOne)) {
    return <Missing me={me} factors={factors.data} isRole={isMissing} onSetUp={onSetUp} />
  }
  return to === undefined ? null : <WayBack to={to} />
}

type MissingProps = { me: Me; factors: SecondFactors; isRole: boolean; onSetUp(): void }

function Missing({ me, factors, isRole, onSetUp }: MissingProps) {
  const { t } = useTranslation('account')
  const clinics = useClinicNames(me)
  const queryClient = useQueryClient()
  const refresh = useRefreshFactors()
  const use = useMutation({
    mutationFn: () => signInWithPasskey(),
    onSuccess: async () => {
      await afterSignIn(queryClient)
      await refresh()
    },
  })
  const { hasTotp, passkeys, passkeyOrigin } = factors
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
        <Text>
          {isRole ? t(hasOne ? 'factorMissing.have' : 'factorMissing.some', { clinics }) : t('factorMissing.first')}
        </Text>
        <Group gap="sm">
          {passkeys.length > 0 && passkeyOrigin === window.location.origin ? (
            <ActionButton size="sm" isBusy={use.isPending} onClick={() => use.mutate()}>
              {t('factorMissing.use')}
            </ActionButton>
          ) : null}
          {hasOne ? null : (
            <ActionButton size="sm" onClick={onSetUp}>
              {t('totp.setUpTitle')}
            </ActionButton>
          )}
        </Group>
        <PasskeyErrorText error={use.error} whenCancelled="passkeys.cancelled" />
      </Stack>
    </Alert>
  )
}

/** The clinics whose roles do not work, in a list. */
function useClinicNames({ memberships }: Me): string {
  const { t, i18n } = useTranslation('account')
  const lacking = memberships.filter(({ lacksSecondFactor }) => lacksSecondFactor)
  const found = useQueries({ queries: lacking.map(({ clinicId }) => clinicQuery(clinicId)) })
  const names = found.flatMap(({ data }) => (data === undefined ? [] : [data.name]))
  return names.length === 0 ? t('factorMissing.site') : new Intl.ListFormat(i18n.language).format(names)
}

function WayBack({ to }: { to: string }) {
  const { t } = useTranslation('account')
  const { go } = useReturn(to)
  return (
    <Alert
      role="status"
      color="pine"
      variant="outline"
      radius="lg"
      icon={<Icon of={IconCheck} />}
      title={t('factorMissing.doneTitle')}
    >
      <Stack align="flex-start" gap="sm">
        <Text>{t('factorMissing.doneHelp')}</Text>
        <ActionButton size="sm" onClick={go}>
          {t('factorMissing.goOn')}
        </ActionButton>
      </Stack>
    </Alert>
  )
}
