import type { ClinicSettingsChange } from '@holdfast/contract/client'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicQuery } from '../../../lib/queries/directory-queries.ts'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

/** How long data is stored, and how much is older. @param instead counts for these times, not for the stored ones */
export function retentionQuery(clinicId: string, instead: { months?: number; messageDays?: number }) {
  return queryOptions({
    queryKey: ['retention', clinicId, instead],
    queryFn: () => dataOf(api.getRetention({ path: { clinicId }, query: instead })),
    staleTime: 0,
  })
}

/** Stores how long the clinic's data is stored. */
export function useSaveRetention(onDone: () => void) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (settings: Pick<ClinicSettingsChange, 'patientDataMonths' | 'messageDays'>) =>
      dataOf(api.updateClinic({ path: { clinicId }, body: { settings } })),
    onSuccess: async (saved) => {
      await queryClient.invalidateQueries({ queryKey: ['retention', clinicId] })
      queryClient.setQueryData(clinicQuery(clinicId).queryKey, saved)
      toastDone({ message: t('saved', { name: saved.name }) })
      onDone()
    },
  })
}
