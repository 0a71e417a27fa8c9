import { ActionIcon } from '@mantine/core'
import { useHotkeys, useWindowEvent } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { lazy, Suspense, useRef, useState } from 'react'
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
  // What was typed since it was opened, until its search has the focus: neither the page nor its shortcuts get that.
  const typed = useRef<string | null>(null)
  const takeTyped = () => {
    const text = typed.current ?? ''
    typed.current = null
    return text
  }
  const open = () => {
    typed.current = ''
    setOpenings((count) => count + 1)
  }
  const type = (event: KeyboardEvent) => {
    if (typed.current === null || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'Escape') {
      typed.current = null
      setOpenings(0)
    } else if (event.key === 'Backspace') typed.current = typed.current.slice(0, -1)
    else if (event.key.length === 1) typed.current += event.key
  }
  useWindowEvent('keydown', type, true)
  useWindowEvent('pointerdown', takeTyped)
  useHotkeys([['mod+K', open]], [])
  return (
    <>
      <ActionIcon size={36} variant="default" aria-label={t('commands')} aria-keyshortcuts="Control+K" onClick={open}>
        <Icon of={IconSearch} />
      </ActionIcon>
      {openings === 0 ? null : (
        <Suspense>
          <CommandMenu openings={openings} takeTyped={takeTyped} />
        </Suspense>
      )}
    </>
  )
}
