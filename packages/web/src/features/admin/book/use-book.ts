import type { Booking, Slot, VisitType } from '@holdfast/contract/client'
import type { UseFormReturnType } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { sentAnswers } from '../../../domain/answers/typed-answers.ts'
import { useMarkRefused } from '../../../domain/contacts/use-mark-refused.ts'
import { refuseOverlap } from '../../../domain/overlap/refuse-overlap.ts'
import { sessionOf } from '../../../domain/visits/visit-times-query.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { refusalCode } from '../../../lib/api/api-error.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { slotsKey } from '../../../lib/queries/slots-query.ts'
import type { PatientDraft } from './patient-form.tsx'
import type { SeriesPlan } from './use-repeat.ts'

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

type WantedFor = Pick<Wanted, 'visitType' | 'patient' | 'patientId' | 'mayOverlap'>

/** Who comes, and what for, as it is sent. */
function bookedFor({ visitType, patient, patientId, mayOverlap = false }: WantedFor, former: Booking | null) {
  const { name, email, phone, language, reason, answers } = patient
  return {
    ...(visitType === undefined ? {} : { answers: sentAnswers(visitType.questions, answers) }),
    patient: {
      name: name.trim(),
      ...(email.trim() === '' ? {} : { email: email.trim() }),
      ...(phone.trim() === '' ? {} : { phone: phone.trim() }),
      ...(language === '' ? {} : { language }),
    },
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
    ...(former === null ? {} : { formerBookingId: former.id }),
    ...(patientId === null ? {} : { patientId }),
    ...refuseOverlap(mayOverlap),
  }
}

/** Books a series for a patient, once however often it is sent. */
export function useBookSeries(clinicId: string, form: UseFormReturnType<PatientDraft>, former: Booking | null) {
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const markRefused = useMarkRefused(form)
  return useMutation({
    mutationFn: ({ plan, ...wanted }: WantedFor & { plan: SeriesPlan }) => {
      const body = { ...plan, ...bookedFor(wanted, former) }
      return dataOf(api.createBookingSeries({ body, headers: requestKeys.headersFor(body) }))
    },
    onSuccess: () => requestKeys.clear(),
    onError: (error) => {
      // What was held for it was given back: the next try holds it anew.
      if (refusalCode(error) === 'series_not_free') requestKeys.clear()
      markRefused(error)
    },
    onSettled: async (_series, _error, { plan }) => {
      await queryClient.invalidateQueries({ queryKey: ['series'] })
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: slotsKey(plan.doctorId) })
    },
  })
}

/**
 * Books for a patient, once however often it is sent.
 *
 * @param former the booking whose account gets the new one, unless another patient is entered; null: none
 */
export function useBook(clinicId: string, form: UseFormReturnType<PatientDraft>, former: Booking | null) {
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  return useMutation({
    mutationFn: (wanted: Wanted) => {
      const { slot, visitType, addsPlaces } = wanted
      const { type, units } = wanted.patient
      const body = {
        ...(visitType === undefined
          ? { slotId: slot.id, units }
          : { sessionId: sessionOf(slot), startsAt: slot.startsAt, visitTypeId: visitType.id }),
        ...bookedFor(wanted, former),
        appointmentType: type,
        confirm: true,
        onBehalf: true,
        ...(addsPlaces ? { addsPlaces } : {}),
      }
      return dataOf(api.createBooking({ body, headers: requestKeys.headersFor(body) }))
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
