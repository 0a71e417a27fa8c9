import { ActionIcon } from '@mantine/core'
import { useLocalStorage, useWindowEvent } from '@mantine/hooks'
import { IconKeyboard } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { OnceOpened } from '../../../../ui/dialogs/once-opened.tsx'
import { Icon } from '../../../../ui/icon.tsx'
import { type ShortcutName, shortcutOf } from './shortcut-keys.ts'

const ShortcutsDialog = lazy(async () => ({ default: (await import('./shortcuts-dialog.tsx')).ShortcutsDialog }))

/** The keyboard shortcuts of a clinic's pages, and the button that shows them. */
export function Shortcuts({ clinicId }: { clinicId: string }) {
  const { t } = useTranslation('admin')
  const [isOpen, setOpen] = useState(false)
  const [isOn, setOn] = useLocalStorage({
    key: 'holdfast-shortcuts',
    defaultValue: true,
    getInitialValueInEffect: false,
  })
  const actions = useActions(clinicId, () => setOpen(true))
  useWindowEvent('keydown', (event) => {
    const name = isOn && !event.isComposing && !isField(event.target) ? shortcutOf(event) : null
    // A dialog has the keyboard to itself, and so has the open menu of phones, which would lie behind the list.
    if (
      name === null ||
      document.querySelector('[role="dialog"], [aria-controls="menu"][aria-expanded="true"]') !== null
    )
      return
    // Firefox searches the page with `/`.
    event.preventDefault()
    actions[name]()
  })
  return (
    <>
      <ActionIcon
        size={36}
        variant="default"
        visibleFrom="sm"
        aria-label={t('shortcuts.title')}
        onClick={() => setOpen(true)}
      >
        <Icon of={IconKeyboard} />
      </ActionIcon>
      <OnceOpened isOpen={isOpen}>
        <ShortcutsDialog isOpen={isOpen} onClose={() => setOpen(false)} isOn={isOn} onSwitch={setOn} />
      </OnceOpened>
    </>
  )
}

function useActions(clinicId: string, showList: () => void): Record<ShortcutName, () => void> {
  const navigate = useNavigate()
  const params = { clinicId }
  return {
    book: () => void navigate({ to: '/clinic/$clinicId/book', params, search: {} }),
    find: () =>
      void navigate({ to: '/clinic/$clinicId/bookings', params, search: (before) => before }).then(() =>
        document.querySelector<HTMLElement>('main input[type="search"]')?.focus(),
      ),
    day: () => void navigate({ to: '/clinic/$clinicId/day', params, search: {} }),
    times: () => void navigate({ to: '/clinic/$clinicId/times', params, search: {} }),
    previous: () => press('previous'),
    next: () => press('next'),
    today: () => press('today'),
    list: showList,
  }
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  )
}

/** Presses a button of the page's days or weeks, if it has them: {@link DayNav} marks its buttons. */
function press(move: 'previous' | 'next' | 'today'): void {
  document.querySelector<HTMLElement>(`main [data-day-move="${move}"]`)?.click()
}
