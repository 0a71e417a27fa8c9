import { ActionIcon } from '@mantine/core'
import { useWindowEvent } from '@mantine/hooks'
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
  const onKey = (event: KeyboardEvent) => {
    const { key, code, altKey, shiftKey } = event
    const isMod = event.ctrlKey || event.metaKey
    // Where letters are not Latin, the key counts by its place.
    const isOpening = isMod && !altKey && !shiftKey && (/^k$/i.test(key) || (code === 'KeyK' && key > '\x7f'))
    // Tab and the function keys stay the browser's.
    const isTaken = key.length === 1 || /^(Backspace|Enter|Escape)$/.test(key)
    if (!isOpening && (isMod || typed.current === null || !isTaken)) return
    event.preventDefault()
    event.stopPropagation()
    if (isOpening) {
      if (!document.activeElement?.matches('.mantine-Spotlight-search')) open()
    } else if (key === 'Escape') {
      typed.current = null
      setOpenings(0)
    } else if (key === 'Backspace') typed.current = takeTyped().slice(0, -1)
    else if (key.length === 1) typed.current += key
  }
  useWindowEvent('keydown', onKey, true)
  useWindowEvent('pointerdown', takeTyped)
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
