import type { ListedClosure } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { isolated } from '../../lib/i18n/isolated.ts'
import { visitResourcesQuery } from '../visits/visit-resources-query.ts'
import { closedDays } from './closed-days.ts'
import { closuresOfDayQuery } from './closure-queries.ts'
import { useWhose } from './use-whose.ts'

type ClosedProps = {
  clinicId: string
  day: string
  /** Only the closures of this doctor and of the clinic. */
  doctorId: string | undefined
  doctors: readonly { id: string; name: string }[]
}

/** Says who is closed on a day, when and why; nothing if nobody is. */
export function ClosedOnDay({ clinicId, day, doctorId, doctors }: ClosedProps) {
  const { data = [] } = useQuery(closuresOfDayQuery(clinicId, day, doctorId))
  const hasResources = data.some(({ resourceId }) => resourceId !== null)
  const resources = useQuery({ ...visitResourcesQuery(clinicId), enabled: hasResources }).data
  return data.map((closure) => <Closed key={closure.id} closure={closure} named={{ doctors, resources }} />)
}

type Named = Parameters<typeof useWhose>[1]

function Closed({ closure, named }: { closure: ListedClosure; named: Named }) {
  const { t } = useTranslation('calendars')
  const whose = useWhose(closure, named)
  const about = [isolated(whose), closedDays(closure), ...(closure.note === null ? [] : [isolated(closure.note)])]
  return <Text fw={600}>{t('closures.closedOn', { about: about.join(' · ') })}</Text>
}
