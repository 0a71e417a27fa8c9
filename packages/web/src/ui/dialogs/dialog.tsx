import { Group, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DialogTitle, useFocusedTitle, useReturnedFocus } from './dialog-focus.tsx'
import { DiscardQuestion, useTyped } from './typed-input.tsx'

type DialogProps = {
  title: string
  isOpen: boolean
  onClose: () => void
  size?: 'md' | 'lg'
  /** Only a button of its content closes it: what it shows is not shown again. */
  isLocked?: boolean
  /** Once somebody has typed something, closing it by Escape, by its button or by a click beside it asks first. */
  isForm?: boolean
  children: ReactNode
}

/**
 * Asks before something is done. Mantine's own header is a `header` element, which screen readers would list as a
 * second banner of the page: this has none.
 */
export function Dialog({
  title,
  isOpen,
  onClose,
  size = 'md',
  isLocked = false,
  isForm = false,
  children,
}: DialogProps) {
  const { t } = useTranslation('shell')
  useReturnedFocus(isOpen)
  const titleRef = useFocusedTitle(isOpen, title)
  const typed = useTyped(isForm && isOpen, onClose)
  return (
    <Modal.Root
      opened={isOpen}
      onClose={typed.close}
      size={size}
      centered
      returnFocus={false}
      closeOnEscape={!isLocked}
      closeOnClickOutside={!isLocked}
    >
      <Modal.Overlay />
      <Modal.Content radius="lg">
        <Group justify="space-between" wrap="nowrap" p="md" pb={0}>
          <DialogTitle titleRef={titleRef} part={Modal.Title}>
            {title}
          </DialogTitle>
          {isLocked ? null : <Modal.CloseButton aria-label={t('close')} />}
        </Group>
        <Modal.Body p="md">
          {typed.isAsking ? <DiscardQuestion onKeep={typed.keep} onDiscard={onClose} /> : null}
          <div hidden={typed.isAsking} onInput={typed.note}>
            {children}
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}
