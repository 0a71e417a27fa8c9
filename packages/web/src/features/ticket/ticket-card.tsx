import type { Booking, Clinic, Doctor, VisitType } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { Anchor, Badge, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ownStatusLabel } from '../../domain/bookings/status-label.ts'
import { type TicketLink, ticketHash } from '../../domain/bookings/ticket-link.ts'
import { usePatientName } from '../../domain/bookings/use-patient-name.ts'
import { visitFee } from '../../domain/visits/visit-fee.ts'
import { visitTypeName } from '../../domain/visits/visit-type-name.ts'
import { callAddress } from '../../lib/call-address.ts'
import { formatAppointment, formatMoney, formatZone, ownTimeZone } from '../../lib/i18n/format.ts'
import { nameWithSpecialization } from '../../lib/i18n/specialization-name.ts'
import { QrCode } from '../../ui/qr-code.tsx'
import classes from './ticket.module.css'

type CardProps = {
  booking: Booking
  doctor: Doctor
  clinic: Clinic
  visitType?: VisitType | undefined
  link: TicketLink
  isOffline: boolean
}

/** The part of a ticket that patients show at the desk or print. */
export function TicketCard({ booking, doctor, clinic, visitType, link, isOffline }: CardProps) {
  const { t } = useTranslation(['ticket', 'shell'])
  const nameOf = usePatientName()
  const address = `${window.location.origin}/ticket#${ticketHash(link)}`
  const fee = visitType ? visitFee(visitType, doctor.id) : booking.visitTypeId ? null : doctor.fee
  const isAlive = booking.status === 'CONFIRMED' || booking.status === 'ARRIVED'
  return (
    <article className={classes.ticket} aria-label={t('title')}>
      <div className={classes.head}>
        <div>
          <Text size="sm" c="dimmed">
            {t('reference')}
          </Text>
          <span className={classes.reference} dir="ltr">
            {referenceOf(booking.id)}
          </span>
        </div>
        <Badge size="lg" variant={isAlive ? 'filled' : 'default'} tt="none">
          {t(`shell:${ownStatusLabel(booking)}`)}
        </Badge>
      </div>
      <div className={classes.body}>
        <dl className={classes.facts}>
          <When booking={booking} timeZone={clinic.timezone} />
          {visitType ? (
            <div>
              <dt>{t('visitType')}</dt>
              <dd>
                <bdi>{visitTypeName(visitType)}</bdi>
              </dd>
            </div>
          ) : null}
          <div>
            <dt>{t('doctor')}</dt>
            <dd>{nameWithSpecialization(doctor)}</dd>
          </div>
          <Where booking={booking} clinic={clinic} isOffline={isOffline} />
          <div>
            <dt>{t('patient')}</dt>
            <dd>
              <bdi>{nameOf(booking)}</bdi>
            </dd>
          </div>
          {fee === null ? null : (
            <div>
              <dt>{t('fee')}</dt>
              <dd>{formatMoney(fee)}</dd>
            </div>
          )}
          {visitType?.preparation && isAlive ? (
            <div>
              <dt>{t('preparation')}</dt>
              <dd dir="auto" style={{ whiteSpace: 'pre-line' }}>
                {visitType.preparation}
              </dd>
            </div>
          ) : null}
          {booking.cancellationReason === null ? null : (
            <div>
              <dt>{t('cancellationReason')}</dt>
              <dd dir="auto">{booking.cancellationReason}</dd>
            </div>
          )}
        </dl>
        {isAlive ? (
          <figure className={classes.qr}>
            <QrCode text={address} label={t('qr')} />
            <figcaption>{t('qrCaption')}</figcaption>
          </figure>
        ) : null}
      </div>
    </article>
  )
}

function When({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const { t } = useTranslation('ticket')
  const { startsAt, endsAt } = booking
  const zone = ownTimeZone()
  const isSame = formatZone(startsAt, timeZone, 'offset') === formatZone(startsAt, zone, 'offset')
  return (
    <div>
      <dt>{t('when')}</dt>
      <dd>
        <Text fw={600} size="lg" className="tabular">
          {formatAppointment(startsAt, endsAt, timeZone)}
        </Text>
        <Text size="sm" c="dimmed">
          {formatZone(startsAt, timeZone)}
        </Text>
        {isSame ? null : (
          <Text size="sm">
            {t('ownTime', { time: formatAppointment(startsAt, endsAt, zone), zone: formatZone(startsAt, zone) })}
          </Text>
        )}
      </dd>
    </div>
  )
}

function Where({ booking, clinic, isOffline }: Pick<CardProps, 'booking' | 'clinic' | 'isOffline'>) {
  const { t } = useTranslation('ticket')
  const room = booking.appointmentType === 'video' ? undefined : booking.resources?.find(({ kind }) => kind === 'room')
  return (
    <div>
      <dt>{t('where')}</dt>
      <dd>
        {booking.appointmentType === 'video' ? (
          <>
            {t(videoText(booking, isOffline))}
            {/* On paper there is no button. */}
            {booking.joinUrl === null ? null : <bdi className={classes.printed}>{booking.joinUrl}</bdi>}
            <br />
          </>
        ) : null}
        {room === undefined ? null : (
          <>
            <bdi>{room.name}</bdi>
            <br />
          </>
        )}
        <bdi>{clinic.name}</bdi>
        {booking.appointmentType === 'video' || clinic.address === null ? null : (
          <>
            <br />
            <bdi>{clinic.address}</bdi>
          </>
        )}
        {clinic.phone === null ? null : (
          <>
            <br />
            <Anchor href={callAddress(clinic.phone)} dir="ltr">
              {clinic.phone}
            </Anchor>
          </>
        )}
      </dd>
    </div>
  )
}

/** The key of the text about the video call. Its link is not stored for offline use, because it would not work then. */
function videoText({ status, joinUrl }: Booking, isOffline: boolean) {
  if (status === 'PENDING') return 'video.pending'
  if (status !== 'CONFIRMED' && status !== 'ARRIVED') return 'video.plain'
  if (joinUrl !== null) return 'video.join'
  return isOffline ? 'video.offline' : 'video.byClinic'
}
