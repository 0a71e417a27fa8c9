import type { Booking } from '@holdfast/contract/client'
import { Anchor } from '@mantine/core'
import { callAddress } from '../../lib/call-address.ts'

const separator = ' · '

/** The patient's phone number and e-mail address, to call or to write to. @param prefix before the first of them */
export function PatientContacts({ of: booking, prefix = '' }: { of: Pick<Booking, 'patient'>; prefix?: string }) {
  const { phone, email } = booking.patient
  return (
    <>
      {phone === undefined ? null : (
        <>
          {prefix}
          <Anchor inherit href={callAddress(phone)} dir="ltr">
            {phone}
          </Anchor>
        </>
      )}
      {email === undefined ? null : (
        <>
          {phone === undefined ? prefix : separator}
          <Anchor inherit href={`mailto:${encodeURIComponent(email).replaceAll('%40', '@')}`} dir="ltr">
            {email}
          </Anchor>
        </>
      )}
    </>
  )
}
