import type { Passkey, SecondFactors } from '@holdfast/contract/client'
import { userAgentName } from '@holdfast/contract/user-agent-name'
import { Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api.ts'
import { formatDayTime, ownTimeZone } from '../../lib/format.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import { toastDone } from '../../ui/toast.ts'
import { ConfirmForm, confirmation } from './confirm-form.tsx'
import { addPasskey } from './passkey-ceremony.ts'
import { PasskeyErrorText } from './passkey-error-text.tsx'
import { secondFactorsQuery, useRefreshFactors } from './second-factors-query.ts'

type Opened = { kind: 'add' } | { kind: 'rename' | 'remove'; passkey: Passkey }

/** The account's passkeys: adding, naming and removing them. */
export function PasskeysSection() {
  const { t } = useTranslation('account')
  const factors = useQuery(secondFactorsQuery)
  const [opened, setOpened] = useState<Opened | null>(null)
  const close = () => setOpened(null)
  return (
    <Stack gap="sm" component="section" aria-labelledby="passkeys">
      <Title order={2} size="h3" id="passkeys">
        {t('passkeys.title')}
      </Title>
      <Paper withBorder radius="lg" p={{ base: 'md', sm: 'xl' }}>
        <Stack gap="md">
          <Text>{t('passkeys.intro')}</Text>
          {factors.isError ? <ErrorState error={factors.error} retry={() => void factors.refetch()} /> : null}
          {factors.isPending ? <PageLoading /> : null}
          {factors.data === undefined ? null : <PasskeyList factors={factors.data} onOpen={setOpened} />}
        </Stack>
      </Paper>
      <Dialog
        isForm
        isOpen={opened !== null}
        onClose={close}
        title={opened === null ? '' : t(`passkeys.${opened.kind}Title`)}
      >
        {opened?.kind === 'add' ? <AddPasskey onDone={close} /> : null}
        {opened?.kind === 'rename' ? <RenamePasskey passkey={opened.passkey} onDone={close} /> : null}
        {opened?.kind === 'remove' ? <RemovePasskey passkey={opened.passkey} onDone={close} /> : null}
      </Dialog>
    </Stack>
  )
}

function PasskeyList({ factors, onOpen }: { factors: SecondFactors; onOpen(opened: Opened): void }) {
  const { t } = useTranslation('account')
  const { passkeys, passkeyOrigin } = factors
  return (
    <>
      {passkeys.length === 0 ? <Text c="dimmed">{t('passkeys.none')}</Text> : null}
      <Stack component="ul" gap="lg" m={0} p={0} style={{ listStyle: 'none' }}>
        {passkeys.map((passkey) => (
          <Group key={passkey.id} component="li" justify="space-between" gap="sm">
            <div>
              <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
                <bdi>{passkey.name}</bdi>
              </Text>
              <Text size="sm" c="dimmed">
                {passkey.usedAt === null
                  ? t('passkeys.neverUsed')
                  : t('passkeys.used', { time: formatDayTime(passkey.usedAt, ownTimeZone()) })}
              </Text>
            </div>
            <Group gap="xs">
              <Button
                size="sm"
                variant="default"
                aria-label={t('passkeys.renameOne', { name: passkey.name })}
                onClick={() => onOpen({ kind: 'rename', passkey })}
              >
                {t('passkeys.rename')}
              </Button>
              <Button
                size="sm"
                variant="default"
                aria-label={t('passkeys.removeOne', { name: passkey.name })}
                onClick={() => onOpen({ kind: 'remove', passkey })}
              >
                {t('passkeys.remove')}
              </Button>
            </Group>
          </Group>
        ))}
      </Stack>
      {passkeyOrigin === window.location.origin ? (
        <Group>
          <Button variant={passkeys.length === 0 ? 'filled' : 'default'} onClick={() => onOpen({ kind: 'add' })}>
            {t('passkeys.add')}
          </Button>
        </Group>
      ) : (
        <Text>
          {passkeyOrigin === null ? t('passkeys.unavailable') : t('passkeys.elsewhere', { origin: passkeyOrigin })}
        </Text>
      )}
    </>
  )
}

/** Closes the dialog after a change. */
function useChange<Input>(change: (input: Input) => Promise<unknown>, message: string, onDone: () => void) {
  const refresh = useRefreshFactors()
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await refresh()
      toastDone({ message })
      onDone()
    },
  })
}

function AddPasskey({ onDone }: { onDone(): void }) {
  const { t } = useTranslation('account')
  const [name, setName] = useState(userAgentName(navigator.userAgent) ?? '')
  const add = useChange((password: string | null) => addPasskey(name.trim(), password), t('passkeys.added'), onDone)
  return (
    <ConfirmForm
      submit={t('passkeys.continue')}
      isBusy={add.isPending}
      error={add.error}
      errorText={<PasskeyErrorText error={add.error} whenCancelled="passkeys.notAdded" />}
      onSubmit={add.mutate}
    >
      <NameInput name={name} onChange={setName} />
    </ConfirmForm>
  )
}

function RenamePasskey({ passkey, onDone }: { passkey: Passkey; onDone(): void }) {
  const { t } = useTranslation('account')
  const [name, setName] = useState(passkey.name)
  const rename = useChange(
    () => dataOf(api.renamePasskey({ body: { id: passkey.id, name: name.trim() } })),
    t('passkeys.renamed'),
    onDone,
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rename.mutate(undefined)
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <NameInput name={name} onChange={setName} />
        {rename.isError ? <ErrorState error={rename.error} /> : null}
        <Group>
          <ActionButton type="submit" isBusy={rename.isPending}>
            {t('passkeys.save')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

function RemovePasskey({ passkey, onDone }: { passkey: Passkey; onDone(): void }) {
  const { t } = useTranslation('account')
  const remove = useChange(
    (password: string | null) => dataOf(api.removePasskey({ body: { id: passkey.id, ...confirmation(password) } })),
    t('passkeys.removed'),
    onDone,
  )
  return (
    <ConfirmForm
      submit={t('passkeys.remove')}
      color="red"
      isBusy={remove.isPending}
      error={remove.error}
      onSubmit={remove.mutate}
    >
      <Text>{t('passkeys.removeHelp', { name: passkey.name })}</Text>
    </ConfirmForm>
  )
}

function NameInput({ name, onChange }: { name: string; onChange(name: string): void }) {
  const { t } = useTranslation('account')
  return (
    <TextInput
      data-autofocus
      label={t('passkeys.name')}
      description={t('passkeys.nameHelp')}
      required
      withAsterisk={false}
      maxLength={60}
      value={name}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
