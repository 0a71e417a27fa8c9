import { Group, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DialogTitle, useFocusedTitle, useReturnedFocus } from './dialog-focus.tsx'

type DialogProps = {
  title: string
  isOpen: boolean
  onClose: () => void
  size?: 'md' | 'lg'
  /** Only a button of its content closes it: what it shows is not shown again. */
  isLocked?: boolean
  children: ReactNode
}

/**
 * Asks before something is done. Mantine's own header is a `header` element, which screen readers would list as a
 * second banner of the page: this has none.
 */
export function Dialog({ title, isOpen, onClose, size = 'md', isLocked = false, children }: DialogProps) {
  const { t } = useTranslation('shell')
  useReturnedFocus(isOpen)
  const titleRef = useFocusedTitle(isOpen, title)
  return (
    <Modal.Root
      opened={isOpen}
      onClose={onClose}
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
        <Modal.Body p="md">{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}
