import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import { toastDone } from '../../ui/toast.ts'
import { ConfirmForm, confirmation } from './confirm-form.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { secondFactorsQuery, useRefreshFactors } from './second-factors-query.ts'
import { SetUpTotp } from './set-up-totp.tsx'

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
  const factors = useQuery(secondFactorsQuery)
  const close = () => onOpen(null)
  const showCodes = (codes: readonly string[]) => onOpen({ kind: 'codes', codes })
  return (
    <Stack gap="sm" component="section" aria-labelledby="totp">
      <Title order={2} size="h3" id="totp">
        {t('totp.title')}
      </Title>
      <Paper withBorder radius="lg" p={{ base: 'md', sm: 'xl' }}>
        <Stack gap="md">
          <Text>{t('totp.intro')}</Text>
          {factors.isError ? <ErrorState error={factors.error} retry={() => void factors.refetch()} /> : null}
          {factors.isPending ? <PageLoading /> : null}
          {factors.data === undefined ? null : (
            <TotpState
              isOn={factors.data.hasTotp}
              codesLeft={factors.data.recoveryCodes}
              onOpen={(kind) => onOpen({ kind })}
            />
          )}
        </Stack>
      </Paper>
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
    </Stack>
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
  const refresh = useRefreshFactors()
  const remove = useMutation({
    mutationFn: (password: string | null) => dataOf(api.removeTotp({ body: confirmation(password) })),
    onSuccess: async () => {
      await refresh()
      toastDone({ message: t('totp.removed') })
      onDone()
    },
  })
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
