import type { Closure } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'

type Named = readonly { id: string; name: string }[]

/** Who or what a closure closes: the name of a doctor, room or device, or the whole clinic. */
export function useWhose(
  { doctorId, resourceId }: Pick<Closure, 'doctorId' | 'resourceId'>,
  { doctors, resources = [] }: { doctors: Named; resources?: Named | undefined },
): string {
  const { t } = useTranslation('calendars')
  if (resourceId !== null) return resources.find(({ id }) => id === resourceId)?.name ?? t('closures.resource')
  if (doctorId === null) return t('closures.clinic')
  return doctors.find(({ id }) => id === doctorId)?.name ?? t('closures.own')
}
