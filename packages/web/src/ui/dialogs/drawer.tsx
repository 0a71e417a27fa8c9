import { Group, Drawer as MantineDrawer } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DialogTitle, useFocusedTitle, useReturnedFocus } from './dialog-focus.tsx'
import { DiscardQuestion, useTyped } from './typed-input.tsx'

type DrawerProps = { title: string; isOpen: boolean; onClose: () => void; children: ReactNode }

/**
 * A dialog at the side, so that most of the page stays in sight. It asks before it discards what was typed. A separate
 * file, because few pages need it.
 */
export function Drawer({ title, isOpen, onClose, children }: DrawerProps) {
  const { t } = useTranslation('shell')
  useReturnedFocus(isOpen)
  const titleRef = useFocusedTitle(isOpen, title)
  const typed = useTyped(isOpen, onClose)
  return (
    <MantineDrawer.Root opened={isOpen} onClose={typed.close} size="lg" position="right" returnFocus={false}>
      <MantineDrawer.Overlay backgroundOpacity={0.25} />
      <MantineDrawer.Content>
        <Group justify="space-between" wrap="nowrap" p="md" pb={0}>
          <DialogTitle titleRef={titleRef} part={MantineDrawer.Title}>
            {title}
          </DialogTitle>
          <MantineDrawer.CloseButton aria-label={t('close')} />
        </Group>
        <MantineDrawer.Body p="md">
          {typed.isAsking ? <DiscardQuestion onKeep={typed.keep} onDiscard={onClose} /> : null}
          <div hidden={typed.isAsking} onInput={typed.note}>
            {children}
          </div>
        </MantineDrawer.Body>
      </MantineDrawer.Content>
    </MantineDrawer.Root>
  )
}
