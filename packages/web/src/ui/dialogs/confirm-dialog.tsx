import { Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../buttons/action-button.tsx'
import { ErrorState } from '../states/error-state.tsx'
import { Dialog } from './dialog.tsx'

type ConfirmDialogProps = {
  /** A question. */
  title: string
  isOpen: boolean
  onClose: () => void
  /** What the button that confirms does. */
  confirm: string
  onConfirm: () => void
  /** The button that leaves everything as it is; by default “Go back”. */
  back?: string
  /** It can be undone. */
  isHarmless?: boolean
  isBusy?: boolean
  error?: Error | null
  /** What it is about, and what follows. */
  children: ReactNode
}

/** Asks before something is done, with a button to do it and one to leave it. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, isOpen, onClose, confirm, onConfirm, back, isHarmless = false, isBusy = false, error = null } = props
  const { t } = useTranslation('shell')
  return (
    <Dialog isOpen={isOpen} onClose={onClose} isForm title={title}>
      <Stack gap="md" style={{ overflowWrap: 'anywhere' }}>
        {props.children}
        {error === null ? null : <ErrorState error={error} />}
        <Group gap="sm">
          <ActionButton {...(isHarmless ? {} : { color: 'red' })} isBusy={isBusy} onClick={onConfirm}>
            {confirm}
          </ActionButton>
          <ActionButton variant="default" disabled={isBusy} onClick={onClose}>
            {back ?? t('goBack')}
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  )
}
