import type { WaitlistEntry } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isOverlap, LazyOverlapQuestion } from '../../../domain/overlap/lazy-overlap-question.tsx'
import { refuseOverlap } from '../../../domain/overlap/refuse-overlap.ts'
import { entryQuery } from '../../../domain/waitlist/waitlist-queries.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatAppointment } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

type AcceptDialogProps = { entry: WaitlistEntry; onClose: () => void }

/** Accepts the open offer for a patient who says so on the phone, and names its time and doctor first. */
export function AcceptDialog({ entry, onClose }: AcceptDialogProps) {
  const { t } = useTranslation('waitlist')
  const { clinicId, doctors, timeZone } = useClinic()
  const name = isolated(entry.patient.name)
  const read = useQuery(entryQuery({ id: entry.id, manageToken: null }))
  const booking = read.data?.offer?.booking
  const accept = useAccept(entry, onClose)
  const title = t('clinic.acceptTitle', { name })
  const isOver = booking?.status === 'CANCELLED' || booking?.status === 'FAILED'
  if (booking === undefined || isOver || read.data?.status === 'ended') {
    return (
      <Dialog isOpen onClose={onClose} title={title}>
        {read.data === undefined ? <LoadingOrError of={read} /> : <Text>{t('offer.title.lapsed')}</Text>}
      </Dialog>
    )
  }
  const { id, startsAt, endsAt, doctorId } = booking
  const when = formatAppointment(startsAt, endsAt, timeZone)
  const whenAndWho = (
    <>
      <Text>{when}</Text>
      <Text>{isolated(doctors.find((doctor) => doctor.id === doctorId)?.name ?? '')}</Text>
    </>
  )
  // The patient has accepted it, or the response to the desk was lost.
  if (read.data?.status === 'accepted') {
    return (
      <Dialog isOpen onClose={onClose} title={t('clinic.acceptOf', { name })}>
        <Text role="status">{t('clinic.accepted', { name })}</Text>
        {whenAndWho}
        <Link
          className={layoutClasses.link}
          aria-label={t('clinic.openBookingOf', { when })}
          to="/clinic/$clinicId/bookings/$bookingId"
          params={{ clinicId, bookingId: id }}
        >
          {t('clinic.openBooking')}
        </Link>
      </Dialog>
    )
  }
  return (
    <ConfirmDialog
      title={title}
      isOpen
      onClose={onClose}
      confirm={t('clinic.accept')}
      onConfirm={() => accept.mutate({ bookingId: id, mayOverlap: false })}
      isHarmless
      isBusy={accept.isPending}
      error={isOverlap(accept.error) ? null : accept.error}
    >
      {whenAndWho}
      {isOverlap(accept.error) ? (
        <LazyOverlapQuestion
          error={accept.error}
          asked="desk"
          what="book"
          timeZone={timeZone}
          isBusy={accept.isPending}
          onProceed={() => accept.mutate({ bookingId: id, mayOverlap: true })}
        />
      ) : null}
    </ConfirmDialog>
  )
}

type Accepted = { bookingId: string; mayOverlap: boolean }

function useAccept(entry: WaitlistEntry, onDone: () => void) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ bookingId, mayOverlap }: Accepted) =>
      dataOf(api.confirmBooking({ path: { bookingId }, body: refuseOverlap(mayOverlap) })),
    onSuccess: () => {
      onDone()
      toastDone({ message: t('clinic.accepted', { name: isolated(entry.patient.name) }) })
    },
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: ['waitlist'] })
    },
  })
}
