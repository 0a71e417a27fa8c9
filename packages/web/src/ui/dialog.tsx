import { Group, Modal } from '@mantine/core'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { focusPageTitle } from './page-focus.ts'

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
          <Modal.Title fw={650} fz="lg" tabIndex={-1} ref={titleRef}>
            {title}
          </Modal.Title>
          {isLocked ? null : <Modal.CloseButton aria-label={t('close')} />}
        </Group>
        <Modal.Body p="md">{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

/**
 * A dialog whose title changes has new content: the focus goes to the title, unless a field of the content has taken
 * it. The button that had the focus before is gone.
 */
function useFocusedTitle(isOpen: boolean, title: string): RefObject<HTMLHeadingElement | null> {
  const ref = useRef<HTMLHeadingElement>(null)
  const before = useRef<string | null>(null)
  useEffect(() => {
    const isChanged = isOpen && before.current !== null && before.current !== title
    before.current = isOpen ? title : null
    if (isChanged && document.activeElement?.contains(ref.current)) ref.current?.focus()
  }, [isOpen, title])
  return ref
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
