import type { Booking } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'
import { closeToasts, toastNewest } from '../../ui/toast.ts'
import { useShowError } from '../../ui/use-show-error.ts'
import { usePatientName } from '../bookings/use-patient-name.ts'
import { refuseOverlap } from '../overlap/refuse-overlap.ts'
import { moveTargetOf } from '../visits/visit-times-query.ts'

type How = { mayOverlap: boolean; addsPlaces?: boolean }

/** Moves bookings, says so with a button that moves them back, and reads again what has changed. */
export function useMoveTo(timeZone: string) {
  const { t } = useTranslation('schedule')
  const queryClient = useQueryClient()
  const showError = useShowError()
  const nameOf = usePatientName()
  /** @param timeId as `timeIdOf` @throws RefusedError, UnreachableError */
  const moveTo = ({ id }: Booking, timeId: string, { mayOverlap, addsPlaces = false }: How): Promise<Booking> => {
    const body = { ...moveTargetOf(timeId), ...(addsPlaces ? { addsPlaces } : {}), ...refuseOverlap(mayOverlap) }
    return dataOf(api.rescheduleBooking({ path: { bookingId: id }, body }))
  }
  const reread = async (clinicId: string, doctorIds: readonly string[]) => {
    await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
    for (const id of new Set(doctorIds)) await queryClient.invalidateQueries({ queryKey: slotsKey(id) })
  }
  const moveBack = async (booking: Booking, timeId: string, doctorIds: readonly string[]) => {
    closeToasts('moved')
    try {
      await moveTo(booking, timeId, { mayOverlap: true })
      toastNewest('moved', { message: t('move.undone') })
    } catch (error) {
      showError(error)
    }
    await reread(booking.clinicId, doctorIds)
  }
  /** @param from the time to which it can be moved back */
  const sayMoved = (moved: Booking, from: string, doctorIds: readonly string[]) =>
    toastNewest('moved', {
      message: (
        <Group justify="space-between">
          <span>
            {t('move.done', { when: formatDayTime(moved.startsAt, timeZone), name: isolated(nameOf(moved)) })}
          </span>
          <Button size="compact-sm" variant="default" onClick={() => void moveBack(moved, from, doctorIds)}>
            {t('undo')}
          </Button>
        </Group>
      ),
    })
  return { moveTo, sayMoved, reread }
}
