import type { Passkey, SecondFactors } from '@holdfast/contract/client'
import { lengths, userAgentName } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { formatDayTime, ownTimeZone } from '../../lib/i18n/format.ts'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { SaveButton } from '../../ui/save-button.tsx'
import { ConfirmForm, confirmation } from './confirm-form.tsx'
import { FactorsSection } from './factors-section.tsx'
import { addPasskey } from './passkey-ceremony.ts'
import { PasskeyErrorText } from './passkey-error-text.tsx'
import { useFactorChange } from './use-factor-change.ts'

type Opened = { kind: 'add' } | { kind: 'rename' | 'remove'; passkey: Passkey }

/** The account's passkeys: adding, naming and removing them. */
export function PasskeysSection() {
  const { t } = useTranslation('account')
  const [opened, setOpened] = useState<Opened | null>(null)
  const close = () => setOpened(null)
  return (
    <FactorsSection
      id="passkeys"
      title={t('passkeys.title')}
      intro={t('passkeys.intro')}
      show={(factors) => <PasskeyList factors={factors} onOpen={setOpened} />}
    >
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
    </FactorsSection>
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

function AddPasskey({ onDone }: { onDone(): void }) {
  const { t } = useTranslation('account')
  const [name, setName] = useState(userAgentName(navigator.userAgent) ?? '')
  const add = useFactorChange(
    (password: string | null) => addPasskey(name.trim(), password),
    t('passkeys.added'),
    onDone,
  )
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
  const rename = useFactorChange(
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
        <SaveButton of={rename} label={t('passkeys.save')} />
      </Stack>
    </form>
  )
}

function RemovePasskey({ passkey, onDone }: { passkey: Passkey; onDone(): void }) {
  const { t } = useTranslation('account')
  const remove = useFactorChange(
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
      maxLength={lengths.passkeyName}
      value={name}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
