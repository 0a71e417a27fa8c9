import { ActionIcon } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { loadTexts } from '../lib/i18n/i18n.ts'
import { Icon } from '../ui/icon.tsx'

const CommandMenu = lazy(async () => {
  const [{ CommandMenu: loaded }] = await Promise.all([import('./command-menu.tsx'), loadTexts('commands', 'admin')])
  return { default: loaded }
})

/** Opens the command menu, as Ctrl+K does (on a Mac ⌘K). It is loaded when it is first opened. */
export function CommandMenuButton() {
  const { t } = useTranslation('shell')
  const [openings, setOpenings] = useState(0)
  const open = () => setOpenings((count) => count + 1)
  useHotkeys([['mod+K', open]], [])
  return (
    <>
      <ActionIcon size={36} variant="default" aria-label={t('commands')} aria-keyshortcuts="Control+K" onClick={open}>
        <Icon of={IconSearch} />
      </ActionIcon>
      {openings === 0 ? null : (
        <Suspense>
          <CommandMenu openings={openings} />
        </Suspense>
      )}
    </>
  )
}
