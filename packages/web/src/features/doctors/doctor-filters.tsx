import { NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { clinicsQuery } from '../../lib/directory-queries.ts'
import { SearchIcon } from '../../ui/icons.tsx'
import type { DoctorSearch } from './doctor-search.ts'
import classes from './doctors-page.module.css'
import { specializationsQuery } from './doctors-query.ts'

type FiltersProps = { search: DoctorSearch; onChange: (search: DoctorSearch) => void }

const typingMs = 250

/** What to look for; every change shows at once, and stands in the address. */
export function DoctorFilters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation(['doctors', 'shell'])
  const clinics = useQuery(clinicsQuery(useQueryClient())).data ?? []
  const specializations = useQuery(specializationsQuery).data ?? []
  const set = (part: { [Key in keyof DoctorSearch]: DoctorSearch[Key] | undefined }) => {
    const entries = Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined && value !== '')
    onChange(Object.fromEntries(entries))
  }
  return (
    <form className={classes.filters} onSubmit={(event) => event.preventDefault()} aria-label={t('filters.label')}>
      <SearchField value={search.q ?? ''} onChange={(q) => set({ q })} />
      <NativeSelect
        label={t('filters.specialization')}
        value={search.specialization ?? ''}
        onChange={({ currentTarget }) => set({ specialization: currentTarget.value })}
        data={[
          { value: '', label: t('filters.any') },
          ...known(
            search.specialization,
            specializations.map(({ name }) => ({ value: name, label: name })),
          ),
        ]}
      />
      <NativeSelect
        label={t('filters.clinic')}
        value={search.clinicId ?? ''}
        onChange={({ currentTarget }) => set({ clinicId: currentTarget.value })}
        data={[
          { value: '', label: t('filters.any') },
          ...known(
            search.clinicId,
            clinics.map(({ id, name }) => ({ value: id, label: name })),
          ),
        ]}
      />
      <NativeSelect
        label={t('filters.type')}
        value={search.type ?? ''}
        onChange={({ currentTarget }) => {
          const type = currentTarget.value
          set({ type: type === 'video' || type === 'in_person' ? type : undefined })
        }}
        data={[
          { value: '', label: t('filters.any') },
          { value: 'in_person', label: t('shell:appointmentType.in_person') },
          { value: 'video', label: t('shell:appointmentType.video') },
        ]}
      />
    </form>
  )
}

/** What the address asks for is shown as chosen, also before the list is there. */
function known(chosen: string | undefined, options: { value: string; label: string }[]) {
  if (chosen === undefined || options.some(({ value }) => value === chosen)) return options
  return [{ value: chosen, label: chosen.length === 36 ? '…' : chosen }, ...options]
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation('doctors')
  const [text, setText] = useState(value)
  const tell = useDebouncedCallback((next: string) => onChange(next.trim()), typingMs)
  // The address may change otherwise: by the back button, or by the reset.
  useEffect(() => setText((typed) => (typed.trim() === value ? typed : value)), [value])
  return (
    <TextInput
      type="search"
      label={t('filters.q')}
      placeholder={t('filters.placeholder')}
      leftSection={<SearchIcon size={18} />}
      maxLength={100}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        tell(currentTarget.value)
      }}
    />
  )
}
