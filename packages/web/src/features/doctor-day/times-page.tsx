import { Stack } from '@mantine/core'
import { CreateSlots } from '../../domain/slots/create-slots.tsx'
import { WithdrawDays } from '../../domain/slots/withdraw-days.tsx'
import { useShownDay } from './use-own-days.ts'

/** Creates the doctor's slots by a rule, and withdraws days. */
export function TimesPage() {
  const { clinic, doctorId, today } = useShownDay()
  const of = { doctorId, clinicId: clinic.id, timeZone: clinic.timezone, today }
  return (
    <Stack gap="xl" key={doctorId}>
      <CreateSlots {...of} />
      <WithdrawDays {...of} />
    </Stack>
  )
}
