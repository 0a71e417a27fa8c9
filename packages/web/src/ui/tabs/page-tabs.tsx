import { useRouter } from '@tanstack/react-router'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import classes from './page-tabs.module.css'
import { type Tab, TabLink } from './tab-link.tsx'

type TabsProps = {
  label: string
  tabs: readonly Tab[]
  /** The tabs at the end: {@link MoreTabs}, which few areas need. */
  more?: ReactNode
}

/** Links between the pages of one area, in one row, which is scrolled to the current page's link. */
export function Tabs({ label, tabs, more }: TabsProps) {
  const rowRef = useRef<HTMLDivElement>(null)
  useScrollToActive(rowRef)
  useScrollToFocused(rowRef)
  return (
    <nav className={`${classes.bar} no-print`} aria-label={label}>
      <div className={classes.tabs} ref={rowRef}>
        {tabs.map((tab) => (
          <TabLink key={tab.to} {...tab} />
        ))}
      </div>
      {more}
    </nav>
  )
}

/** Scrolls the row sideways, and nothing else: the page is scrolled to its top when it opens. */
function useScrollToActive(rowRef: RefObject<HTMLElement | null>): void {
  const router = useRouter()
  useEffect(() => {
    scrollToActive(rowRef.current)
    // After the router, which restores where the row was at the last visit of the page.
    return router.subscribe('onRendered', () => scrollToActive(rowRef.current))
  }, [router, rowRef])
}

/** A browser scrolls to what gets the focus only if none of it is in sight. */
function useScrollToFocused(rowRef: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const row = rowRef.current
    const onFocus = ({ target }: FocusEvent) => {
      if (target instanceof Element) target.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    }
    row?.addEventListener('focusin', onFocus)
    return () => row?.removeEventListener('focusin', onFocus)
  }, [rowRef])
}

function scrollToActive(row: HTMLElement | null): void {
  const active = row?.querySelector('[data-status="active"]')
  if (!row || !active) return
  const [outer, inner] = [row.getBoundingClientRect(), active.getBoundingClientRect()]
  row.scrollBy({ left: (inner.left + inner.right - outer.left - outer.right) / 2 })
}
