import type { Equipment, TheatreDoctor } from '@holdfast/contract/client'
import { Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { SaveButton } from '../../../ui/save-button.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useTheatre } from '../use-theatre.ts'
import { PreferredEquipment } from './preferred-equipment.tsx'

type DoctorFormProps = { doctor: TheatreDoctor; equipment: readonly Equipment[]; onDone: () => void }

/** What the cases of a doctor should have; all else of doctors is changed among the clinic's doctors. */
export function DoctorForm({ doctor: { id, name, preferredEquipmentIds }, equipment, onDone }: DoctorFormProps) {
  const { t } = useTranslation('theatre')
  const { clinicId, reread } = useTheatre()
  const [preferred, setPreferred] = useState(preferredEquipmentIds)
  const saving = useMutation({
    mutationFn: () =>
      dataOf(api.updateTheatreDoctor({ path: { clinicId, doctorId: id }, body: { preferredEquipmentIds: preferred } })),
    onSuccess: () => {
      toastDone({ message: t('setup.saved', { name }) })
      onDone()
    },
    onSettled: reread,
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate()
      }}
    >
      <Stack gap="md">
        <PreferredEquipment equipment={equipment} ids={preferred} onChange={setPreferred} />
        <SaveButton of={saving} label={t('save')} />
      </Stack>
    </form>
  )
}
