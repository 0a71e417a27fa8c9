import type { Booking, MadeBooking, Slot, VisitType } from '@holdfast/contract/client'
import type { UseFormReturnType } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useMarkRefused } from '../../../domain/contacts/use-mark-refused.ts'
import { refuseOverlap } from '../../../domain/overlap/refuse-overlap.ts'
import { sessionOf } from '../../../domain/visits/visit-times-query.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { createRequestKeys } from '../../../lib/api/request-keys.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { slotsKey } from '../../../lib/queries/slots-query.ts'
import type { PatientDraft } from './patient-form.tsx'

/** `visitType`: of which `slot` is a time in an open session; undefined: a slot is booked. */
type Wanted = {
  slot: Slot
  visitType: VisitType | undefined
  patient: PatientDraft
  /** Of the record that the booking is linked to; null: none. */
  patientId: string | null
  mayOverlap?: boolean
  addsPlaces: boolean
}

/** `isLinked`: to the record, which is done after the booking is made, and may fail; null: there is none. */
export type Made = MadeBooking & { isLinked: boolean | null }

/**
 * Books for a patient, once however often it is sent.
 *
 * @param former the booking whose account gets the new one, unless another patient is entered; null: none
 */
export function useBook(clinicId: string, form: UseFormReturnType<PatientDraft>, former: Booking | null) {
  const queryClient = useQueryClient()
  const [requestKeys] = useState(createRequestKeys)
  return useMutation({
    mutationFn: async (wanted: Wanted): Promise<Made> => {
      const { slot, visitType, patient, patientId, mayOverlap = false, addsPlaces } = wanted
      const { name, email, phone, language, reason, type, units } = patient
      const body = {
        ...(visitType === undefined
          ? { slotId: slot.id, units }
          : { sessionId: sessionOf(slot), startsAt: slot.startsAt, visitTypeId: visitType.id }),
        patient: {
          name: name.trim(),
          ...(email.trim() === '' ? {} : { email: email.trim() }),
          ...(phone.trim() === '' ? {} : { phone: phone.trim() }),
          ...(language === '' ? {} : { language }),
        },
        appointmentType: type,
        ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
        confirm: true,
        onBehalf: true,
        ...(addsPlaces ? { addsPlaces } : {}),
        ...(former === null ? {} : { formerBookingId: former.id }),
        ...refuseOverlap(mayOverlap),
      }
      const headers = { 'Idempotency-Key': requestKeys.keyFor(body) }
      const booking = await dataOf(api.createBooking({ body, headers }))
      if (patientId === null) return { ...booking, isLinked: null }
      const path = { clinicId, bookingId: booking.id }
      const linking = dataOf(api.linkBookingToPatient({ path, body: { patientId } }))
      const isLinked = await linking.then(
        () => true,
        () => false,
      )
      return { ...booking, isLinked }
    },
    // The next request may have the same content, and is another booking.
    onSuccess: () => requestKeys.clear(),
    onError: useMarkRefused(form),
    onSettled: async (_booking, _error, { slot }) => {
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: slotsKey(slot.doctorId) })
    },
  })
}
