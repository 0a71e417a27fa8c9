import { lengths } from '@holdfast/vocabulary'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback, useDebouncedValue } from '@mantine/hooks'
import { IconAdjustmentsHorizontal, IconSearch } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../lib/i18n/format.ts'
import { currentLocale } from '../../lib/i18n/i18n.ts'
import { specializationName } from '../../lib/i18n/specialization-name.ts'
import { isLeaving } from '../../lib/is-leaving.ts'
import {
  clinicQuery,
  clinicSearchQuery,
  clinicsQuery,
  specializationsQuery,
} from '../../lib/queries/directory-queries.ts'
import { SearchSelect } from '../../ui/fields/search-select.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { DoctorSearch } from './doctor-search.ts'
import classes from './doctors-page.module.css'

type FiltersProps = { search: DoctorSearch; onChange: (search: DoctorSearch) => void }

const typingMs = 250

/** The search fields; each change is shown immediately and stored in the URL. */
export function DoctorFilters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation(['doctors', 'shell'])
  const specializations = useSpecializations()
  const chosenSpecialization = specializations.find(({ names }) => names.includes(search.specialization ?? ''))
  const set = (part: { [Key in keyof DoctorSearch]: DoctorSearch[Key] | undefined }) => {
    const entries = Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined && value !== '')
    onChange(Object.fromEntries(entries))
  }
  const [isOpen, setOpen] = useState(false)
  const clinics = useQuery(clinicsQuery(useQueryClient())).data
  const { q: _, ...chosen } = search
  const active = Object.keys(chosen).length
  return (
    <form className={classes.filters} onSubmit={(event) => event.preventDefault()} aria-label={t('filters.label')}>
      <SearchField className={classes.search ?? ''} value={search.q ?? ''} onChange={(q) => set({ q })} />
      {/* On phones the filters are behind it. */}
      <Button
        className={classes.toggle ?? ''}
        variant="default"
        aria-expanded={isOpen}
        aria-controls="doctor-filters"
        leftSection={<Icon of={IconAdjustmentsHorizontal} size={18} />}
        onClick={() => setOpen(!isOpen)}
      >
        {active === 0 ? t('filters.show') : t('filters.showActive', { active: formatNumber(active) })}
      </Button>
      <div className={classes.chosen} id="doctor-filters" data-open={isOpen || undefined}>
        <NativeSelect
          label={t('filters.specialization')}
          value={chosenSpecialization?.name ?? search.specialization ?? ''}
          onChange={({ currentTarget }) => set({ specialization: currentTarget.value })}
          data={[
            { value: '', label: t('filters.any') },
            ...known(
              search.specialization,
              specializations.map(({ name, label }) => ({ value: name, label })),
            ),
          ]}
        />
        {clinics?.length === 1 && search.clinicId === undefined ? null : (
          <ClinicFilter clinicId={search.clinicId ?? null} onChange={(clinicId) => set({ clinicId })} />
        )}
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
        <NativeSelect
          label={t('sort.label')}
          value={search.sort ?? 'soonest'}
          onChange={({ currentTarget }) => set({ sort: currentTarget.value === 'name' ? 'name' : undefined })}
          data={[
            { value: 'soonest', label: t('sort.soonest') },
            { value: 'name', label: t('sort.name') },
          ]}
        />
      </div>
    </form>
  )
}

/** The specializations by their names in the reader's language; one that is written in several ways is listed once. */
function useSpecializations(): { name: string; label: string; names: string[] }[] {
  const { data = [] } = useQuery(specializationsQuery)
  const byLabel = new Map<string, { name: string; label: string; names: string[] }>()
  for (const { name, names } of data) {
    const label = specializationName({ specialization: name, specializationNames: names })
    const same = byLabel.get(label)
    if (same === undefined) byLabel.set(label, { name, label, names: [name] })
    else same.names.push(name)
  }
  return [...byLabel.values()].sort((a, b) => a.label.localeCompare(b.label, currentLocale()))
}

/** Offers the value from the URL even before the list has loaded. */
function known(chosen: string | undefined, options: { value: string; label: string }[]) {
  if (chosen === undefined || options.some(({ value }) => value === chosen)) return options
  return [{ value: chosen, label: chosen }, ...options]
}

type ClinicFilterProps = { clinicId: string | null; onChange: (clinicId: string | undefined) => void }

/** Any clinic, found by name or address. */
function ClinicFilter({ clinicId, onChange }: ClinicFilterProps) {
  const { t } = useTranslation('doctors')
  // null before the first search.
  const [typed, setTyped] = useState<string | null>(null)
  const [q] = useDebouncedValue(typed, typingMs, { leading: true })
  const found = useQuery({ ...clinicSearchQuery(q ?? ''), enabled: q !== null }).data
  const chosen = useQuery({ ...clinicQuery(clinicId ?? ''), enabled: clinicId !== null }).data
  return (
    <SearchSelect
      label={t('filters.clinic')}
      placeholder={t('filters.any')}
      value={clinicId}
      valueLabel={chosen?.name ?? null}
      onChange={(next) => onChange(next ?? undefined)}
      onSearch={setTyped}
      options={found?.map(({ id, name, address }) => ({
        value: id,
        label: name,
        ...(address === null ? {} : { detail: address }),
      }))}
    />
  )
}

type SearchFieldProps = { className: string; value: string; onChange: (value: string) => void }

function SearchField({ className, value, onChange }: SearchFieldProps) {
  const { t } = useTranslation('doctors')
  const router = useRouter()
  const [text, setText] = useState(value)
  /** The text that was passed on and is not in the URL yet; once it is, more may have been typed. */
  const passedOn = useRef<string[]>([])
  const passOn = useDebouncedCallback((next: string) => {
    if (isLeaving(router)) return
    passedOn.current.push(next.trim())
    onChange(next.trim())
  }, typingMs)
  useEffect(() => {
    const index = passedOn.current.indexOf(value)
    passedOn.current = index < 0 ? [] : passedOn.current.slice(index + 1)
    // The URL can also change by the back button or the reset.
    if (index < 0) setText(value)
  }, [value])
  return (
    <TextInput
      type="search"
      className={className}
      label={t('filters.text')}
      placeholder={t('filters.placeholder')}
      leftSection={<Icon of={IconSearch} size={18} />}
      maxLength={lengths.search}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        passOn(currentTarget.value)
      }}
    />
  )
}
