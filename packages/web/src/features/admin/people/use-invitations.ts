import type { Invitation, NewInvitation } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { toastDone } from '../../../ui/toast.ts'
import { useShowError } from '../../../ui/use-show-error.ts'
import { invitationsQuery } from '../shared/members/invitations-query.ts'
import { useClinic } from '../use-clinic.ts'

/** Creates an invitation, which replaces the open one for the same address. */
export function useInvite() {
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: NewInvitation) => dataOf(api.createInvitation({ path: { clinicId }, body })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: invitationsQuery(clinicId).queryKey }),
  })
}

export function useRevokeInvitation({ id, email }: Invitation) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => dataOf(api.revokeInvitation({ path: { clinicId, invitationId: id } })),
    onSuccess: () => toastDone({ message: t('people.revoked', { email }) }),
    onError: useShowError(),
    onSettled: () => queryClient.invalidateQueries({ queryKey: invitationsQuery(clinicId).queryKey }),
  })
}
