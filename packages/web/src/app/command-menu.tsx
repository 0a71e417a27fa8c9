import '@mantine/spotlight/styles.css'
import { Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { hasEachWord } from '../lib/each-word.ts'
import { specializationName } from '../lib/i18n/specialization-name.ts'
import { foundDoctorsQuery } from '../lib/queries/directory-queries.ts'
import { Icon } from '../ui/icon.tsx'
import type { Command } from './command.ts'
import classes from './command-menu.module.css'
import { useCommands } from './use-commands.ts'

const [store, spotlight] = createSpotlight()
const typingPauseMs = 200

type MenuProps = {
  /** The menu opens each time that it grows. */
  openings: number
  /** What was typed before its search had the focus. */
  takeTyped: () => string
}

/** Pages, the pages of the reader's clinics, and doctors, by typing. */
export function CommandMenu({ openings, takeTyped }: MenuProps) {
  const { t } = useTranslation('commands')
  const [query, setQuery] = useState('')
  const go = useGo()
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  const groups = useCommands()
    .map(({ label, commands }) => ({ label, commands: commands.filter((command) => matches(command, query)) }))
    .filter(({ commands }) => commands.length > 0)
  const doctors = useDoctorCommands(query)
  const scheme = { label: t(isDark ? 'light' : 'dark'), about: null, href: '' }
  const hits = [...groups.flatMap(({ commands }) => commands), ...doctors].map(({ href }) => href).join(' ')
  useEffect(() => {
    // Spotlight selects a hit while one types, but not those that arrive later.
    if (query !== '' && hits !== '') selectFirst()
  }, [query, hits])
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (openings === 0) return
    spotlight.open()
    // If it is open already, the focus may be elsewhere in it.
    search.current?.focus()
  }, [openings])
  return (
    <Spotlight.Root
      store={store}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      scrollable
      maxHeight="60vh"
      attributes={{ content: { 'aria-label': t('title') } }}
    >
      <Spotlight.Search
        ref={search}
        placeholder={t('placeholder')}
        aria-label={t('placeholder')}
        leftSection={<Icon of={IconSearch} />}
        onFocus={() => {
          const typed = takeTyped()
          if (typed !== '') setQuery(typed)
        }}
      />
      <Spotlight.ActionsList>
        {groups.map(({ label, commands }) => (
          <Group key={label} label={label} commands={commands} onChoose={({ href }) => go(href)} />
        ))}
        {doctors.length === 0 ? null : (
          <Group label={t('doctors')} commands={doctors} onChoose={({ href }) => go(href)} />
        )}
        {matches(scheme, query) ? (
          <Group label={t('actions')} commands={[scheme]} onChoose={() => setColorScheme(isDark ? 'light' : 'dark')} />
        ) : null}
        {groups.length + doctors.length === 0 && !matches(scheme, query) ? (
          <Spotlight.Empty>{t('none')}</Spotlight.Empty>
        ) : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

function matches({ label, about }: Command, query: string): boolean {
  return hasEachWord(`${label} ${about ?? ''}`, query)
}

/** Selects the first hit, as Spotlight does: it marks the element and remembers its number. */
function selectFirst(): void {
  const list = document.getElementById(store.getState().listId)
  list?.querySelector('[data-selected]')?.removeAttribute('data-selected')
  list?.querySelector('[data-action]')?.setAttribute('data-selected', 'true')
  store.updateState((state) => ({ ...state, selected: 0 }))
}

type GroupProps = { label: string; commands: readonly Command[]; onChoose: (command: Command) => void }

function Group({ label, commands, onChoose }: GroupProps) {
  return (
    <Spotlight.ActionsGroup label={label}>
      {commands.map((command) => (
        <Spotlight.Action key={`${command.href} ${command.label}`} onClick={() => onChoose(command)}>
          <div>
            <bdi>{command.label}</bdi>
            {command.about === null ? null : (
              <Text size="xs" className={classes.about ?? ''}>
                <bdi>{command.about}</bdi>
              </Text>
            )}
          </div>
        </Spotlight.Action>
      ))}
    </Spotlight.ActionsGroup>
  )
}

/** Opens an address: of the site through the router, of the help and the API reference as another page. */
function useGo(): (href: string) => void {
  const { history } = useRouter()
  return (href) => {
    if (/^\/(help|docs)$/.test(href)) window.location.assign(href)
    else history.push(href)
  }
}

function useDoctorCommands(query: string): Command[] {
  const [debounced] = useDebouncedValue(query.trim(), typingPauseMs)
  const { data = [] } = useQuery({ ...foundDoctorsQuery(debounced), enabled: debounced.length > 1 })
  if (query.trim().length < 2) return []
  return data.map((doctor) => ({
    label: doctor.name,
    about: specializationName(doctor),
    href: `/doctors/${doctor.id}`,
  }))
}
