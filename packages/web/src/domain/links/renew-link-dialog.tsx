import type { ManageToken } from '@holdfast/contract/client'
import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { randomKey } from '../../lib/api/random-key.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { copyText } from '../../ui/copy-text.ts'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone, toastFailed } from '../../ui/toast.ts'

export type Renewal = {
  title: string
  /** What stops working. */
  help: string
  /** Replaces the manage token; a retry with the same key returns the same token. */
  renew: (key: string) => Promise<ManageToken>
  /** Shows the page with the new token from now on, also after a reload. */
  onRenewed: (manageToken: string) => Promise<void>
  /** The address that a token opens. */
  addressOf: (manageToken: string) => string
}

type DialogProps = Renewal & { isOpen: boolean; onClose: () => void }

/** Asks before the link is replaced, and shows the new one. */
export function RenewLinkDialog({ title, isOpen, onClose, ...renewal }: DialogProps) {
  const { t } = useTranslation('links')
  const [isRenewed, setRenewed] = useState(false)
  const [wasOpen, setWasOpen] = useState(isOpen)
  if (isOpen !== wasOpen) {
    setWasOpen(isOpen)
    // Not as it closes: its title would change in sight.
    if (isOpen) setRenewed(false)
  }
  return (
    <Dialog title={isRenewed ? t('renew.link') : title} isOpen={isOpen} onClose={onClose}>
      <Question {...renewal} onDone={() => setRenewed(true)} onClose={onClose} />
    </Dialog>
  )
}

type QuestionProps = Omit<Renewal, 'title'> & { onDone: () => void; onClose: () => void }

function Question({ help, renew, onRenewed, addressOf, onDone, onClose }: QuestionProps) {
  const { t } = useTranslation('links')
  const [key] = useState(randomKey)
  const renewing = useMutation({
    mutationFn: () => renew(key),
    onSuccess: ({ manageToken }) => {
      onDone()
      return onRenewed(manageToken)
    },
  })
  if (renewing.data !== undefined) return <NewLink address={addressOf(renewing.data.manageToken)} onClose={onClose} />
  return (
    <Stack gap="md">
      <Text>{help}</Text>
      {renewing.isError ? <ErrorState error={renewing.error} /> : null}
      <Group gap="sm">
        <ActionButton isBusy={renewing.isPending} onClick={() => renewing.mutate()}>
          {t('renew.confirm')}
        </ActionButton>
        <ActionButton variant="default" data-autofocus onClick={onClose} disabled={renewing.isPending}>
          {t('renew.back')}
        </ActionButton>
      </Group>
    </Stack>
  )
}

function NewLink({ address, onClose }: { address: string; onClose: () => void }) {
  const { t } = useTranslation('links')
  const field = useRef<HTMLInputElement>(null)
  const copy = async () => {
    if (await copyText(address)) toastDone({ message: t('copy.done') })
    else {
      field.current?.select()
      toastFailed({ message: t('copy.failed') })
    }
  }
  return (
    <Stack gap="md">
      <Text role="status">{t('renew.done')}</Text>
      <TextInput
        ref={field}
        label={t('renew.link')}
        value={address}
        readOnly
        dir="ltr"
        data-autofocus
        autoFocus
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
      <Group gap="sm">
        <Button onClick={copy}>{t('copy.start')}</Button>
        <Button variant="default" onClick={onClose}>
          {t('renew.close')}
        </Button>
      </Group>
    </Stack>
  )
}
