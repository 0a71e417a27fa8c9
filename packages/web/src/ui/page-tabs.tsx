import { Link } from '@tanstack/react-router'
import classes from './page-tabs.module.css'

export type Tab = { to: string; label: string; params?: Record<string, string>; search?: object; exact?: boolean }

/** Links between the pages of one area. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav className={`${classes.tabs} no-print`} aria-label={label}>
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
