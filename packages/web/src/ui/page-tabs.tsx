import { Link, useRouter } from '@tanstack/react-router'
import { type RefObject, useEffect, useRef } from 'react'
import classes from './page-tabs.module.css'

export type Tab = { to: string; label: string; params?: Record<string, string>; search?: object; exact?: boolean }

/** Links between the pages of one area, in one row, which is scrolled to the current page's link. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const rowRef = useRef<HTMLElement>(null)
  useScrollToActive(rowRef)
  return (
    <nav className={`${classes.tabs} no-print`} aria-label={label} ref={rowRef}>
      {tabs.map(({ to, label: text, params, search, exact }) => (
        <Link
          key={to}
          to={to}
          {...(params ? { params } : {})}
          {...(search ? { search } : {})}
          className={classes.tab}
          activeOptions={{ exact: exact ?? false, includeSearch: false }}
        >
          {text}
        </Link>
      ))}
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

function scrollToActive(row: HTMLElement | null): void {
  const active = row?.querySelector('[data-status="active"]')
  if (!row || !active) return
  const [outer, inner] = [row.getBoundingClientRect(), active.getBoundingClientRect()]
  row.scrollBy({ left: (inner.left + inner.right - outer.left - outer.right) / 2 })
}
