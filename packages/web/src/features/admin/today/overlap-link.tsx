import type { Booking } from '@holdfast/contract/client'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { formatTime } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { Icon } from '../../../ui/icon.tsx'
import { useClinic } from '../use-clinic.ts'
import classes from './today-list.module.css'

/** Leads to what the patient has at the same time. */
export function OverlapLink({ other }: { other: Booking }) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  const name = doctors.find(({ id }) => id === other.doctorId)?.name ?? '–'
  const label = t('dayList.overlap', { time: formatTime(other.startsAt, timeZone), name: isolated(name) })
  return (
    <Link
      className={classes.overlap}
      to="/clinic/$clinicId/bookings/$bookingId"
      params={{ clinicId, bookingId: other.id }}
      aria-label={label}
      title={label}
    >
      <Icon of={IconAlertTriangle} size={18} />
    </Link>
  )
}
