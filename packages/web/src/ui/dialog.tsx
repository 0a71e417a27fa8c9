import { Group, Modal } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { focusPageTitle } from './page-focus.ts'

type DialogProps = { title: string; isOpen: boolean; onClose: () => void; size?: 'md' | 'lg'; children: ReactNode }

/**
 * Asks before something is done. Mantine's own header is a `header` element, which screen readers would list as a
 * second banner of the page: this has none.
 */
export function Dialog({ title, isOpen, onClose, size = 'md', children }: DialogProps) {
  const { t } = useTranslation('shell')
  useReturnedFocus(isOpen)
  return (
    <Modal.Root opened={isOpen} onClose={onClose} size={size} centered returnFocus={false}>
      <Modal.Overlay />
      <Modal.Content radius="lg">
        <Group justify="space-between" wrap="nowrap" p="md" pb={0}>
          <Modal.Title fw={650} fz="lg">
            {title}
          </Modal.Title>
          <Modal.CloseButton aria-label={t('close')} />
        </Group>
        <Modal.Body p="md">{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

/**
 * After closing, the focus is on the button that opened the dialog, or where the dialog's action has moved it. Without
 * either, it is on the page's heading; Mantine would leave it nowhere.
 */
function useReturnedFocus(isOpen: boolean): void {
  const opener = useRef<Element | null>(null)
  useEffect(() => {
    if (isOpen) {
      opener.current = document.activeElement
      return
    }
    const before = opener.current
    opener.current = null
    const { activeElement } = document
    const isMoved = activeElement !== document.body && activeElement?.closest('[role="dialog"]') === null
    if (before === null || isMoved) return
    if (before instanceof HTMLElement && before.isConnected && before !== document.body) before.focus()
    else focusPageTitle()
  }, [isOpen])
}
