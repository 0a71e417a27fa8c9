import type { Clinic } from '@holdfast/contract/client'
import { Anchor } from '@mantine/core'
import { IconMapPin, IconPhone } from '@tabler/icons-react'
import { callAddress } from '../../lib/call-address.ts'
import { Icon } from '../../ui/icon.tsx'
import classes from './booking.module.css'

/** The clinic's address and phone number. */
export function ClinicPlace({ clinic }: { clinic: Clinic }) {
  return (
    <ul className={classes.facts}>
      <li>
        <Icon of={IconMapPin} size={18} />
        <bdi>
          {clinic.address === null ? (
            clinic.name
          ) : (
            <>
              <span className={classes.whole}>{clinic.name},</span>{' '}
              <span className={classes.whole}>{clinic.address}</span>
            </>
          )}
        </bdi>
      </li>
      {clinic.phone === null ? null : (
        <li>
          <Icon of={IconPhone} size={18} />
          <Anchor href={callAddress(clinic.phone)} dir="ltr">
            {clinic.phone}
          </Anchor>
        </li>
      )}
    </ul>
  )
}
