import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { membersQuery } from '../members-query.ts'
import { useClinic } from '../use-clinic.ts'
import { AuditLog } from './audit-log.tsx'

const route = getRouteApi('/clinic/$clinicId/security-log')

/** The security log of a clinic. */
export function AuditPage() {
  const { clinicId, timeZone } = useClinic()
  const members = useQuery(membersQuery(clinicId)).data ?? []
  const navigate = route.useNavigate()
  return (
    <AuditLog
      clinicId={clinicId}
      timeZone={timeZone}
      people={members.flatMap(({ accountId, name }) => (name === null ? [] : [{ accountId, name }]))}
      search={route.useSearch()}
      onSearch={(search) => void navigate({ search, replace: true, resetScroll: false })}
    />
  )
}
