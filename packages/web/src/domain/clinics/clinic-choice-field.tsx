import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { clinicQuery, clinicSearchQuery } from '../../lib/queries/directory-queries.ts'
import { SearchSelect } from '../../ui/fields/search-select.tsx'
import type { ClinicChoice } from './use-clinic-choice.ts'

type ClinicChoiceFieldProps = {
  choice: ClinicChoice
  inputId: string
  label: string
  placeholder: string
  error: string | null
  /** The form has been submitted: the field is shown even if it is not known yet whether it is needed. */
  isTried: boolean
}

/**
 * Chooses the clinic if there are several. It is the last field of a form, so its late appearance does not shift the
 * fields above.
 */
export function ClinicChoiceField({ choice, isTried, ...field }: ClinicChoiceFieldProps) {
  const { chosenId, choose, isOffered = isTried } = choice
  return isOffered ? <ClinicField {...field} clinicId={chosenId} onChange={choose} /> : null
}

const typingMs = 250

type ClinicProps = {
  inputId: string
  label: string
  placeholder: string
  clinicId: string | null
  onChange: (id: string | null) => void
  error: string | null
}

/** Chooses one of all clinics by its name. */
function ClinicField({ clinicId, ...field }: ClinicProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const [q] = useDebouncedValue(typed, typingMs, { leading: true })
  const found = useQuery({ ...clinicSearchQuery(q ?? ''), enabled: q !== null }).data
  const chosen = useQuery({ ...clinicQuery(clinicId ?? ''), enabled: clinicId !== null }).data
  return (
    <SearchSelect
      {...field}
      value={clinicId}
      valueLabel={chosen?.name ?? null}
      onSearch={setTyped}
      options={found?.map(({ id, name, address }) => ({
        value: id,
        label: name,
        ...(address === null ? {} : { detail: address }),
      }))}
    />
  )
}
