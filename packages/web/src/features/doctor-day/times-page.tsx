import { Stack } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { BusySection } from '../../domain/busy-calendar/busy-section.tsx'
import { ClosuresSection } from '../../domain/closures/closures-section.tsx'
import { CreateSlots } from '../../domain/slots/create-slots.tsx'
import { useOwnMoves } from '../../domain/slots/use-own-moves.tsx'
import { WithdrawDays } from '../../domain/slots/withdraw-days.tsx'
import { withdrawalSearchOf } from '../../domain/slots/withdrawal-search.ts'
import { parseDaySearch } from './day-search.ts'
import { useShownDay } from './use-own-days.ts'

const route = getRouteApi('/my-day/times')

/** Creates the doctor's slots by a rule, and withdraws days. */
export function TimesPage() {
  const { clinic, doctorId, today } = useShownDay()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { moveOf, dialog } = useOwnMoves(doctorId, clinic.timezone)
  const of = { doctorId, clinicId: clinic.id, timeZone: clinic.timezone, today }
  return (
    <Stack gap="xl" key={doctorId}>
      <CreateSlots {...of} />
      <BusySection doctorId={doctorId} timeZone={clinic.timezone} />
      <ClosuresSection
        clinicId={clinic.id}
        today={today}
        ownDoctorId={doctorId}
        links={{ timeZone: clinic.timezone, doctors: [], moveOf: (booking) => moveOf(booking) }}
      />
      <WithdrawDays
        {...of}
        search={search}
        moveOf={(booking) => moveOf(booking)}
        onDays={(days) =>
          void navigate({
            search: { ...parseDaySearch(search), ...withdrawalSearchOf(days) },
            replace: true,
            resetScroll: false,
          })
        }
      />
      {dialog}
    </Stack>
  )
}
