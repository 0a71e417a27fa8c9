import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { invitationsQuery } from '../shared/members/invitations-query.ts'
import { membersQuery } from '../shared/members/members-query.ts'
import { useClinic } from '../use-clinic.ts'
import { AuditLog } from './audit-log.tsx'

const route = getRouteApi('/clinic/$clinicId/security-log')

/** The security log of a clinic. */
export function AuditPage() {
  const { clinicId, doctors, timeZone } = useClinic()
  const invitations = useQuery(invitationsQuery(clinicId)).data ?? []
  const members = useQuery(membersQuery(clinicId)).data ?? []
  const navigate = route.useNavigate()
  return (
    <AuditLog
      clinicId={clinicId}
      timeZone={timeZone}
      people={members.flatMap(({ accountId, name }) => (name === null ? [] : [{ accountId, name }]))}
      names={
        new Map([
          ...doctors.map(({ id, name }) => [id, name] as const),
          ...invitations.map(({ id, email }) => [id, email] as const),
        ])
      }
      search={route.useSearch()}
      onSearch={(search) => void navigate({ search, replace: true, resetScroll: false })}
    />
  )
}
