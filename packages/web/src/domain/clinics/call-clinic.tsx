import type { Clinic } from '@holdfast/contract/client'
import { Button } from '@mantine/core'
import { IconPhone } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { callAddress } from '../../lib/call-address.ts'
import { Icon } from '../../ui/icon.tsx'

/** Calls the clinic, where nothing can be booked online; nothing without a phone number. */
export function CallClinic({ clinic: { phone } }: { clinic: Pick<Clinic, 'phone'> }) {
  const { t } = useTranslation('shell')
  if (phone === null) return null
  return (
    <Button
      component="a"
      size="sm"
      variant="default"
      href={callAddress(phone)}
      leftSection={<Icon of={IconPhone} size={18} />}
    >
      {/* Numbers are written from left to right in every language. */}
      {t('callClinic', { phone: `\u2066${phone}\u2069` })}
    </Button>
  )
}
