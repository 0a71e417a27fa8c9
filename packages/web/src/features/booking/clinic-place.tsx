import type { Clinic } from '@holdfast/contract/client'
import { Anchor } from '@mantine/core'
import { PhoneIcon, PlaceIcon } from '../../ui/icons.tsx'
import classes from './booking.module.css'

/** Where it is, and whom to call. */
export function ClinicPlace({ clinic }: { clinic: Clinic }) {
  return (
    <ul className={classes.facts}>
      <li>
        <PlaceIcon size={18} />
        <bdi>
          {clinic.name}
          {clinic.address === null ? null : `, ${clinic.address}`}
        </bdi>
      </li>
      {clinic.phone === null ? null : (
        <li>
          <PhoneIcon size={18} />
          <Anchor href={`tel:${clinic.phone.replace(/[^+\d]/g, '')}`} dir="ltr">
            {clinic.phone}
          </Anchor>
        </li>
      )}
    </ul>
  )
}
