import { Link } from '@tanstack/react-router'
import classes from './page-tabs.module.css'

export type Tab = { to: string; label: string; params?: Record<string, string>; search?: object; exact?: boolean }

type LinkProps = Tab & { onFollow?: () => void }

/** A link of the tabs, marked while its page is shown. */
export function TabLink({ to, label, params, search, exact, onFollow }: LinkProps) {
  return (
    <Link
      to={to}
      {...(params ? { params } : {})}
      {...(search ? { search } : {})}
      className={classes.tab}
      activeOptions={{ exact: exact ?? false, includeSearch: false }}
      {...(onFollow === undefined ? {} : { onClick: onFollow })}
    >
      {label}
    </Link>
  )
}
