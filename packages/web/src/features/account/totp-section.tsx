import { Badge, Button, Group, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { ConfirmForm, confirmation } from './confirm-form.tsx'
import { FactorsSection } from './factors-section.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { useRefreshFactors } from './second-factors-query.ts'
import { SetUpTotp } from './set-up-totp.tsx'
import { useFactorChange } from './use-factor-change.ts'

/** The dialog that is open. */
export type OpenedTotp = { kind: 'setUp' | 'remove' | 'newCodes' } | { kind: 'codes'; codes: readonly string[] }

/** Two-step sign-in: an authenticator app and its recovery codes. */
export function TotpSection({
  opened,
  onOpen,
}: {
  opened: OpenedTotp | null
  onOpen(opened: OpenedTotp | null): void
}) {
  const { t } = useTranslation('account')
  const close = () => onOpen(null)
  const showCodes = (codes: readonly string[]) => onOpen({ kind: 'codes', codes })
  return (
    <FactorsSection
      id="totp"
      title={t('totp.title')}
      intro={t('totp.intro')}
      show={({ hasTotp, recoveryCodes }) => (
        <TotpState isOn={hasTotp} codesLeft={recoveryCodes} onOpen={(kind) => onOpen({ kind })} />
      )}
    >
      <Dialog
        isForm
        isOpen={opened !== null}
        onClose={close}
        isLocked={opened?.kind === 'codes'}
        title={opened === null ? '' : t(`totp.${opened.kind}Title`)}
      >
        {opened?.kind === 'setUp' ? <SetUpTotp onConfirmed={showCodes} /> : null}
        {opened?.kind === 'remove' ? <RemoveTotp onDone={close} /> : null}
        {opened?.kind === 'newCodes' ? <NewCodes onCreated={showCodes} /> : null}
        {opened?.kind === 'codes' ? <RecoveryCodes codes={opened.codes} onDone={close} /> : null}
      </Dialog>
    </FactorsSection>
  )
}

type TotpStateProps = { isOn: boolean; codesLeft: number; onOpen(kind: 'setUp' | 'remove' | 'newCodes'): void }

function TotpState({ isOn, codesLeft, onOpen }: TotpStateProps) {
  const { t } = useTranslation('account')
  return (
    <>
      <Group gap="sm">
        <Badge variant={isOn ? 'filled' : 'default'} tt="none">
          {t(isOn ? 'totp.on' : 'totp.off')}
        </Badge>
        {isOn ? <Text>{codesLeft === 0 ? t('totp.noCodes') : t('totp.codesLeft', { number: codesLeft })}</Text> : null}
      </Group>
      <Group gap="sm">
        {isOn ? (
          <>
            <Button variant="default" onClick={() => onOpen('newCodes')}>
              {t('totp.newCodes')}
            </Button>
            <Button variant="default" onClick={() => onOpen('remove')}>
              {t('totp.remove')}
            </Button>
          </>
        ) : (
          <Button onClick={() => onOpen('setUp')}>{t('totp.setUp')}</Button>
        )}
      </Group>
    </>
  )
}

function RemoveTotp({ onDone }: { onDone(): void }) {
  const { t } = useTranslation('account')
  const remove = useFactorChange(
    (password: string | null) => dataOf(api.removeTotp({ body: confirmation(password) })),
    t('totp.removed'),
    onDone,
  )
  return (
    <ConfirmForm
      submit={t('totp.remove')}
      color="red"
      isBusy={remove.isPending}
      error={remove.error}
      onSubmit={remove.mutate}
    >
      <Text>{t('totp.removeHelp')}</Text>
    </ConfirmForm>
  )
}

function NewCodes({ onCreated }: { onCreated(codes: readonly string[]): void }) {
  const { t } = useTranslation('account')
  const refresh = useRefreshFactors()
  const create = useMutation({
    mutationFn: (password: string | null) => dataOf(api.createRecoveryCodes({ body: confirmation(password) })),
    onSuccess: async ({ recoveryCodes }) => {
      onCreated(recoveryCodes)
      await refresh()
    },
  })
  return (
    <ConfirmForm submit={t('totp.createCodes')} isBusy={create.isPending} error={create.error} onSubmit={create.mutate}>
      <Text>{t('totp.newCodesHelp')}</Text>
    </ConfirmForm>
  )
}
