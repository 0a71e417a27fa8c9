import type { Doctor } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { saveVideoRoom, videoRoomQuery } from '../../../domain/video/video-room.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { clinicDoctorsQuery, clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { doctorQuery } from '../../../lib/queries/directory-queries.ts'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { type DoctorDraft, doctorOf } from './doctor-draft.ts'

export type DoctorChange = {
  draft: DoctorDraft
  /** null to leave it unchanged. */
  videoRoom: string | null
}

/**
 * Saves a doctor and then the doctor's video room. If the response was lost, saving the same form again does not create
 * a second doctor: the request is sent with the same idempotency key.
 */
export function useSaveDoctor(doctor: Doctor | null, onDone: (saved: Doctor) => void) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const save = (draft: DoctorDraft): Promise<Doctor> => {
    const body = doctorOf(draft)
    if (doctor !== null) return dataOf(api.updateDoctor({ path: { doctorId: doctor.id }, body }))
    return dataOf(api.createDoctor({ body: { clinicId, ...body }, headers: requestKeys.headersFor(body) }))
  }
  return useMutation({
    mutationFn: async ({ draft, videoRoom }: DoctorChange): Promise<Doctor> => {
      const saved = await save(draft)
      if (videoRoom !== null) {
        const room = await saveVideoRoom(saved.id, videoRoom)
        queryClient.setQueryData(videoRoomQuery(saved.id).queryKey, room)
      }
      return saved
    },
    onSuccess: async (saved) => {
      queryClient.setQueryData(doctorQuery(saved.id).queryKey, saved)
      await queryClient.invalidateQueries({ queryKey: clinicDoctorsQuery(clinicId).queryKey })
      await queryClient.invalidateQueries({ queryKey: ['doctors'] })
      void queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      // After creating a doctor, the page shows what to do next.
      if (doctor !== null) toastDone({ message: t('saved', { name: saved.name }) })
      onDone(saved)
    },
  })
}
