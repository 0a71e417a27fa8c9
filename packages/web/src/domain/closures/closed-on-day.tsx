import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { isolated } from '../../lib/i18n/isolated.ts'
import { closedDays } from './closed-days.ts'
import { closuresOfDayQuery } from './closure-queries.ts'

type ClosedProps = {
  clinicId: string
  day: string
  /** Only the closures of this doctor and of the clinic. */
  doctorId: string | undefined
  doctors: readonly { id: string; name: string }[]
}

/** Says who is closed on a day, when and why; nothing if nobody is. */
export function ClosedOnDay({ clinicId, day, doctorId, doctors }: ClosedProps) {
  const { t } = useTranslation('calendars')
  const { data = [] } = useQuery(closuresOfDayQuery(clinicId, day, doctorId))
  return data.map((closure) => {
    const whose =
      closure.doctorId === null
        ? t('closures.clinic')
        : (doctors.find(({ id }) => id === closure.doctorId)?.name ?? '–')
    const about = [isolated(whose), closedDays(closure), ...(closure.note === null ? [] : [isolated(closure.note)])]
    return (
      <Text key={closure.id} fw={600}>
        {t('closures.closedOn', { about: about.join(' · ') })}
      </Text>
    )
  })
}
