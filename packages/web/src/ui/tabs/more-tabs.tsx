import { useClickOutside } from '@mantine/hooks'
import { useMatchRoute } from '@tanstack/react-router'
import { useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './page-tabs.module.css'
import { type Tab, TabLink } from './tab-link.tsx'

/**
 * A button that shows the links to seldom used pages. On one of these it names the page, on phones to screen readers
 * alone.
 */
export function MoreTabs({ tabs }: { tabs: readonly Tab[] }) {
  const { t } = useTranslation('shell')
  const matchRoute = useMatchRoute()
  const [isOpen, setOpen] = useState(false)
  const areaRef = useClickOutside<HTMLDivElement>(() => setOpen(false))
  const buttonRef = useRef<HTMLButtonElement>(null)
  const listId = useId()
  useEffect(() => {
    const area = areaRef.current
    if (!isOpen || area === null) return
    const listening = new AbortController()
    const { signal } = listening
    const onKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape') return
      setOpen(false)
      buttonRef.current?.focus()
    }
    // By the key, because the page that was opened before may take the focus when it arrives, and that closes nothing.
    const onTabbed = ({ key }: KeyboardEvent) => {
      if (key === 'Tab' && !area.contains(document.activeElement)) setOpen(false)
    }
    area.addEventListener('keydown', onKey, { signal })
    document.addEventListener('keyup', onTabbed, { signal })
    return () => listening.abort()
  }, [isOpen, areaRef])
  const current = tabs.find(
    ({ to, params }) => matchRoute({ to, ...(params ? { params } : {}), fuzzy: true }) !== false,
  )
  return (
    <div ref={areaRef} className={classes.moreArea}>
      <button
        ref={buttonRef}
        type="button"
        className={classes.more}
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        {...(current === undefined
          ? {}
          : { 'data-status': 'active', 'aria-current': true, 'aria-label': t('moreTabsAt', { page: current.label }) })}
        onClick={() => setOpen(!isOpen)}
      >
        <span className={classes.moreAlone}>{t('moreTabs')}</span>
        {current === undefined ? null : (
          <span className={classes.moreAt}>{t('moreTabsAt', { page: current.label })}</span>
        )}
      </button>
      {isOpen ? (
        <ul className={classes.list} id={listId}>
          {tabs.map((tab) => (
            <li key={tab.to}>
              <TabLink {...tab} onFollow={() => setOpen(false)} />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}
