import type { Booking, WaitlistEntry } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AskedFields } from '../../../domain/answers/asked-fields.tsx'
import { type Answered, useAnswering } from '../../../domain/answers/use-answering.ts'
import { isOverlap, LazyOverlapQuestion } from '../../../domain/overlap/lazy-overlap-question.tsx'
import { refuseOverlap } from '../../../domain/overlap/refuse-overlap.ts'
import { VisitOfBooking } from '../../../domain/visits/visit-of-booking.tsx'
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
  const { clinicId, timeZone } = useClinic()
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
  // The patient has accepted it, or the response to the desk was lost.
  if (read.data?.status === 'accepted') {
    const when = formatAppointment(booking.startsAt, booking.endsAt, timeZone)
    return (
      <Dialog isOpen onClose={onClose} title={t('clinic.acceptOf', { name })}>
        <Text role="status">{t('clinic.accepted', { name })}</Text>
        <WhatAndWho booking={booking} />
        <Link
          className={layoutClasses.link}
          aria-label={t('clinic.openBookingOf', { when })}
          to="/clinic/$clinicId/bookings/$bookingId"
          params={{ clinicId, bookingId: booking.id }}
        >
          {t('clinic.openBooking')}
        </Link>
      </Dialog>
    )
  }
  return <OpenOffer title={title} booking={booking} accept={accept} onClose={onClose} />
}

/** When the visit is, what it is, and with whom. */
function WhatAndWho({ booking }: { booking: Booking }) {
  const { doctors, timeZone } = useClinic()
  const { startsAt, endsAt, doctorId } = booking
  return (
    <>
      <Text>{formatAppointment(startsAt, endsAt, timeZone)}</Text>
      {booking.visitTypeId === undefined ? null : (
        <Text>
          <VisitOfBooking booking={booking} />
        </Text>
      )}
      <Text>{isolated(doctors.find((doctor) => doctor.id === doctorId)?.name ?? '')}</Text>
    </>
  )
}

type OpenOfferProps = { title: string; booking: Booking; accept: ReturnType<typeof useAccept>; onClose: () => void }

/** Asks whether to accept, and what the visit type asks. */
function OpenOffer({ title, booking, accept, onClose }: OpenOfferProps) {
  const { t } = useTranslation('waitlist')
  const { timeZone } = useClinic()
  const { error, isPending: isBusy, mutate, reset } = accept
  const { fields, complete } = useAnswering(booking, error, reset, true)
  const submit = (mayOverlap: boolean) => {
    const answered = complete()
    if (answered !== undefined) mutate({ bookingId: booking.id, mayOverlap, answered })
  }
  return (
    <ConfirmDialog
      title={title}
      isOpen
      onClose={onClose}
      confirm={t('clinic.accept')}
      onConfirm={() => submit(false)}
      isHarmless
      isBusy={isBusy}
      error={isOverlap(error) || fields.refused !== null ? null : error}
    >
      <WhatAndWho booking={booking} />
      <AskedFields {...fields} />
      {isOverlap(error) ? (
        <LazyOverlapQuestion
          error={error}
          asked="desk"
          what="book"
          timeZone={timeZone}
          isBusy={isBusy}
          onProceed={() => submit(true)}
        />
      ) : null}
    </ConfirmDialog>
  )
}

type Accepted = { bookingId: string; mayOverlap: boolean; answered: Answered | null }

function useAccept(entry: WaitlistEntry, onDone: () => void) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ bookingId, mayOverlap, answered }: Accepted) =>
      dataOf(api.confirmBooking({ path: { bookingId }, body: { ...answered, ...refuseOverlap(mayOverlap) } })),
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
