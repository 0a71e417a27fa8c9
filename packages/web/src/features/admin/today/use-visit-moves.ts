import type { Booking } from '@holdfast/contract/client'
import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePatientName } from '../../../domain/bookings/use-patient-name.ts'
import { useMoveTo } from '../../../domain/slots/use-move-to.tsx'
import type { Plan } from '../../../domain/time-grid/plan.ts'
import { timeIdOf } from '../../../domain/visits/visit-times-query.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { toastFailed } from '../../../ui/toast.ts'
import { useShowError } from '../../../ui/use-show-error.ts'
import { useClinic } from '../use-clinic.ts'
import type { Against, PlannedPlace } from './planned-place.ts'

/** A visit that is dragged, planned by keyboard, or being moved (`isSent`). */
export type Planned = { booking: Booking; plan: Plan; isSent: boolean }

export type MoveHandlers = {
  /** null: it is no longer planned. */
  onPlan: (booking: Booking, plan: Plan | null) => void
  onMove: (booking: Booking, plan: Plan) => void
}

/** What is planned in the columns, and what changes it. The handlers stay the same. */
export function useVisitMoves(placeOf: (booking: Booking, plan: Plan) => PlannedPlace) {
  const { timeZone } = useClinic()
  const { moveTo, sayMoved, reread } = useMoveTo(timeZone)
  const showError = useShowError()
  const textOf = useAgainstText()
  const [planned, setPlanned] = useState<Planned | null>(null)
  const move = async (booking: Booking, plan: Plan) => {
    const { timeId, against } = placeOf(booking, plan)
    const from = timeIdOf(booking)
    if (timeId === null || timeId === from) {
      setPlanned(null)
      if (against !== null) toastFailed({ message: textOf(against) })
      return
    }
    setPlanned({ booking, plan, isSent: true })
    const doctorIds = [booking.doctorId, plan.trackId]
    try {
      sayMoved(await moveTo(booking, timeId, { mayOverlap: false }), from, doctorIds)
    } catch (error) {
      showError(error)
    }
    await reread(booking.clinicId, doctorIds)
    setPlanned(null)
  }
  const moveRef = useRef(move)
  moveRef.current = move
  const handlers = useMemo<MoveHandlers>(
    () => ({
      onPlan: (booking, plan) => setPlanned(plan === null ? null : { booking, plan, isSent: false }),
      onMove: (booking, plan) => void moveRef.current(booking, plan),
    }),
    [],
  )
  return { planned, handlers }
}

/** Says what is against a place. */
export function useAgainstText(): (against: Against) => string {
  const { t } = useTranslation(['admin', 'schedule'])
  const nameOf = usePatientName()
  return (against) => {
    switch (against.kind) {
      case 'closed':
        return against.note === null
          ? t('schedule:calendar.closed')
          : t('schedule:calendar.closedFor', { note: against.note })
      case 'taken':
        return t('admin:today.taken', { name: isolated(nameOf(against.by)) })
      case 'notOpen':
        return t('admin:today.notOpen')
      case 'over':
        return t('admin:today.over')
    }
  }
}
