import { Group, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

type DialogProps = { title: string; isOpen: boolean; onClose: () => void; size?: 'md' | 'lg'; children: ReactNode }

/**
 * Asks before something is done. Mantine's own header is a `header` element, which screen readers would list as a
 * second banner of the page: this has none.
 */
export function Dialog({ title, isOpen, onClose, size = 'md', children }: DialogProps) {
  const { t } = useTranslation('shell')
  return (
    <Modal.Root opened={isOpen} onClose={onClose} size={size} centered>
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
