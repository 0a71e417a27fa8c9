import type { Member, MemberChange } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useShowErrorBesidePassword } from '../../../domain/password/password-dialog.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { meQuery } from '../../../lib/session/session.ts'
import { toastDone } from '../../../ui/toast.ts'
import { useShowError } from '../../../ui/use-show-error.ts'
import { invitationsQuery } from '../shared/members/invitations-query.ts'
import { membersQuery } from '../shared/members/members-query.ts'
import { useClinic } from '../use-clinic.ts'

function useReread() {
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return async () => {
    await queryClient.invalidateQueries({ queryKey: membersQuery(clinicId).queryKey })
    // Invitations end with the role of the admin who created them.
    await queryClient.invalidateQueries({ queryKey: invitationsQuery(clinicId).queryKey })
    // The change may affect the user's own role.
    await queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
  }
}

export function useChangeMember({ accountId, name }: Member) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  return useMutation({
    mutationFn: (body: MemberChange): Promise<Member> =>
      dataOf(api.changeMember({ path: { clinicId, accountId }, body })),
    onSuccess: ({ role }) => toastDone({ message: t('people.saved', { name, role: t(`role.${role}`) }) }),
    onError: useShowErrorBesidePassword(),
    onSettled: useReread(),
  })
}

export function useRemoveMember({ accountId, name }: Member) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  return useMutation({
    mutationFn: () => dataOf(api.removeMember({ path: { clinicId, accountId } })),
    onSuccess: () => toastDone({ message: t('people.removed', { name: name ?? '' }) }),
    onError: useShowError(),
    onSettled: useReread(),
  })
}
