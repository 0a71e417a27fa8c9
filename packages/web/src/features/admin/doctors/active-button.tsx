import type { Doctor } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { doctorWaitlistQuery } from '../../../domain/waitlist/doctor-waitlist-query.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicDoctorsQuery } from '../../../lib/queries/clinic-queries.ts'
import { doctorQuery } from '../../../lib/queries/directory-queries.ts'
import { announce } from '../../../ui/announce.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { useShowError } from '../../../ui/use-show-error.ts'
import { useClinic } from '../use-clinic.ts'

/** Closes or opens a doctor for new bookings, and asks first if somebody waits for one. Existing bookings stay. */
export function ActiveButton({ doctor }: { doctor: Doctor }) {
  const { t } = useTranslation('admin')
  const change = useChange(doctor)
  const showError = useShowError()
  const queryClient = useQueryClient()
  const [waiting, setWaiting] = useState(0)
  const stop = useMutation({
    mutationFn: () => queryClient.fetchQuery({ ...doctorWaitlistQuery({ doctorId: doctor.id }), staleTime: 0 }),
    onSuccess: ({ waiting: found }) => (found === 0 ? change.mutate(false) : setWaiting(found)),
    onError: showError,
  })
  const name = isolated(doctor.name)
  return (
    <>
      <ActionButton
        size="sm"
        variant="default"
        isBusy={stop.isPending || change.isPending}
        aria-label={t(doctor.active ? 'doctors.deactivateOf' : 'doctors.activateOf', { name: doctor.name })}
        onClick={() => (doctor.active ? stop.mutate() : change.mutate(true))}
      >
        {doctor.active ? t('doctors.deactivate') : t('doctors.activate')}
      </ActionButton>
      <ConfirmDialog
        title={t('doctors.stop.title', { name })}
        isOpen={waiting > 0}
        onClose={() => setWaiting(0)}
        confirm={t('doctors.deactivate')}
        onConfirm={() => change.mutate(false, { onSettled: () => setWaiting(0) })}
        isHarmless
        isBusy={change.isPending}
      >
        <Text>{t('doctors.stop.waiting', { count: waiting, waiting: formatNumber(waiting) })}</Text>
        <Text>{t('doctors.stop.help')}</Text>
      </ConfirmDialog>
    </>
  )
}

function useChange(doctor: Doctor) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (active: boolean) => dataOf(api.updateDoctor({ path: { doctorId: doctor.id }, body: { active } })),
    // The row shows it, and its button undoes it.
    onSuccess: (_doctor, active) =>
      announce(t(active ? 'doctors.activated' : 'doctors.deactivated', { name: doctor.name })),
    onError: useShowError(),
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: clinicDoctorsQuery(clinicId).queryKey })
      void queryClient.invalidateQueries({ queryKey: doctorQuery(doctor.id).queryKey })
      await queryClient.invalidateQueries({ queryKey: ['doctors'] })
    },
  })
}
