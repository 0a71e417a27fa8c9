import { getRouteApi } from '@tanstack/react-router'
import { AuditLog } from './audit-log.tsx'

const route = getRouteApi('/security-log')

const noNames = new Map<string, string>()

/** The security log of the whole site, for its administrators. Days are those of UTC, as there are many zones. */
export function SiteAuditPage() {
  const navigate = route.useNavigate()
  return (
    <AuditLog
      clinicId={null}
      timeZone="UTC"
      people={[]}
      names={noNames}
      search={route.useSearch()}
      onSearch={(search) => void navigate({ search, replace: true, resetScroll: false })}
    />
  )
}
