import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { parseDay } from '../../../lib/time/local-time.ts'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { SearchField } from '../../../ui/fields/search-field.tsx'
import classes from '../../../ui/filters.module.css'
import { useTeam } from '../draft/use-team.ts'
import { parseRequestsSearch, type RequestsFilters, urgencies } from '../theatre-search.ts'
import { useTheatre } from '../use-theatre.ts'

type RequestFiltersProps = { search: RequestsFilters; onChange: (search: RequestsFilters) => void }

/** What is looked for in the waitlist. Surgeons see only their own requests, and choose no surgeon. */
export function RequestFilters({ search, onChange }: RequestFiltersProps) {
  const { t } = useTranslation('theatre')
  const { isStaff } = useTheatre()
  // Another one replaces the field of the day, which is not controlled.
  const [resets, setResets] = useState(0)
  const { isRead, surgeons } = useTeam({ surgeonId: search.surgeonId ?? '' })
  const set = (part: Record<string, string>) => {
    const { q = '', ...next } = { ...search, ...part }
    onChange({ ...parseRequestsSearch(next), q })
  }
  return (
    <form className={classes.filters} aria-label={t('tabs.requests')} onSubmit={(event) => event.preventDefault()}>
      <SearchField
        label={t('requests.search')}
        placeholder={t('requests.searchIn')}
        text={search.q}
        onSearch={(q) => set({ q })}
      />
      <NativeSelect
        label={t('field.urgency')}
        value={search.urgency ?? ''}
        onChange={({ currentTarget }) => set({ urgency: currentTarget.value })}
        data={[
          { value: '', label: t('requests.anyUrgency') },
          ...urgencies.map((value) => ({ value, label: t(`urgency.${value}`) })),
        ]}
      />
      {isStaff ? (
        <NativeSelect
          label={t('field.surgeon')}
          value={search.surgeonId ?? ''}
          onChange={({ currentTarget }) => set({ surgeonId: currentTarget.value })}
          data={[
            { value: '', label: t('requests.anySurgeon') },
            // Until the names are read, the filter still has its value.
            ...(isRead || search.surgeonId === undefined ? surgeons : [{ value: search.surgeonId, label: '…' }]),
          ]}
        />
      ) : null}
      <DateField
        key={resets}
        label={t('requests.dueUntil')}
        value={search.dueUntil ?? ''}
        onChange={(value) => {
          if (value === '' || parseDay(value) !== null) set({ dueUntil: value })
        }}
      />
      {Object.keys(search).length === 0 ? null : (
        <Button
          variant="default"
          onClick={() => {
            setResets(resets + 1)
            onChange({})
          }}
        >
          {t('requests.reset')}
        </Button>
      )}
    </form>
  )
}
