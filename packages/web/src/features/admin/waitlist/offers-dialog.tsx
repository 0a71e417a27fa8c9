import type { WaitlistEntry } from '@holdfast/contract/client'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { PastOffers } from '../../../domain/waitlist/past-offers.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { useClinic } from '../use-clinic.ts'

/** What was offered to an entry, with links to the bookings and their histories. */
export function OffersDialog({ entry, onClose }: { entry: WaitlistEntry; onClose: () => void }) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  return (
    <Dialog
      isOpen
      size="lg"
      onClose={onClose}
      title={t('clinic.offersOf', { name: `\u2068${entry.patient.name}\u2069` })}
    >
      <PastOffers
        link={{ id: entry.id, manageToken: null }}
        clinicId={clinicId}
        none={t('clinic.noOffers')}
        bookingOf={(bookingId, when) => (
          <Link
            className={layoutClasses.link}
            aria-label={t('clinic.openBookingOf', { when })}
            to="/clinic/$clinicId/bookings/$bookingId"
            params={{ clinicId, bookingId }}
          >
            {t('clinic.openBooking')}
          </Link>
        )}
      />
    </Dialog>
  )
}
