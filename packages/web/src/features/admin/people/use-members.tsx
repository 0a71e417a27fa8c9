import type { Member, NewMember } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api.ts'
import { problemMessage } from '../../../lib/problem-message.ts'
import { meQuery } from '../../../lib/session.ts'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { membersQuery } from './members-query.ts'

function useReread() {
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return async () => {
    await queryClient.invalidateQueries({ queryKey: membersQuery(clinicId).queryKey })
    // The change may affect the user's own role.
    await queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
  }
}

function useShowError() {
  const { t } = useTranslation('problems')
  return (error: unknown) => {
    const { title, help } = problemMessage(error, t)
    toastFailed({ title, message: help })
  }
}

/** Adds a member or changes a role. `showError` shows a failure as a toast, for callers without a form. */
export function usePutMember() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const reread = useReread()
  const mutation = useMutation({
    mutationFn: (body: NewMember): Promise<Member> => dataOf(api.putMember({ path: { clinicId }, body })),
    onSuccess: (member) =>
      toastDone({ message: t('people.saved', { name: member.name, role: t(`role.${member.role}`) }) }),
    onSettled: reread,
  })
  return { ...mutation, showError: useShowError() }
}

/** Removes a member immediately; a button in the toast restores the membership. */
export function useRemoveMember(member: Member) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const reread = useReread()
  const put = usePutMember()
  const { email, role, doctorId } = member
  return useMutation({
    mutationFn: () => dataOf(api.removeMember({ path: { clinicId, accountId: member.accountId } })),
    onSuccess: () => {
      const back = email === null ? null : { email, role, ...(doctorId === null ? {} : { doctorId }) }
      toastDone({
        message: (
          <Group justify="space-between">
            <span>{t('people.removed', { name: member.name ?? '' })}</span>
            {back === null ? null : (
              <Button size="compact-sm" variant="default" onClick={() => put.mutate(back, { onError: put.showError })}>
                {t('undo')}
              </Button>
            )}
          </Group>
        ),
      })
    },
    onError: useShowError(),
    onSettled: reread,
  })
}
