import { Anchor, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { storedTicketsQuery } from '../../domain/bookings/stored-ticket-queries.ts'
import { referenceOf } from '../../domain/bookings/ticket-link.ts'
import { clinicQuery, clinicSearchQuery } from '../../lib/directory-queries.ts'
import { formatDate } from '../../lib/format.ts'
import { localDay, parseDay } from '../../lib/local-time.ts'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { SearchSelect } from '../../ui/search-select.tsx'
import { normalReference } from './normal-reference.ts'

const typingMs = 250

type Wanted = { reference: string; day: string; clinicId: string | null; submittedAt: number }

/**
 * For guests who closed their ticket. The server is not asked: a reference and a date are known to others too, so they
 * open nothing, and what this page says is the same for every booking and for none.
 */
export function FindBookingPage() {
  const { t } = useTranslation('my-bookings')
  const [wanted, setWanted] = useState<Wanted | null>(null)
  return (
    <Stack gap="lg" maw="40rem">
      <div>
        <PageTitle>{t('find.title')}</PageTitle>
        <Text c="dimmed" mt={4}>
          {t('find.intro')}
        </Text>
      </div>
      <WantedForm onWanted={setWanted} />
      {wanted === null ? null : <Advice key={wanted.submittedAt} wanted={wanted} />}
    </Stack>
  )
}

function WantedForm({ onWanted }: { onWanted: (wanted: Wanted) => void }) {
  const { t } = useTranslation('my-bookings')
  const [reference, setReference] = useState('')
  const [day, setDay] = useState('')
  const [clinicId, setClinicId] = useState<string | null>(null)
  const [isTried, setTried] = useState(false)
  const normal = normalReference(reference)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (normal === null) document.getElementById('find-reference')?.focus()
    else if (parseDay(day) === null) document.getElementById('find-day')?.focus()
    else onWanted({ reference: normal, day, clinicId, submittedAt: Date.now() })
  }
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} radius="lg" component="form" onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          id="find-reference"
          label={t('find.reference')}
          description={t('find.referenceHelp')}
          placeholder="004E-81F2"
          dir="ltr"
          autoComplete="off"
          maxLength={20}
          required
          withAsterisk={false}
          value={reference}
          onChange={({ currentTarget }) => setReference(currentTarget.value)}
          error={isTried && normal === null ? t('find.referenceInvalid') : null}
        />
        <TextInput
          id="find-day"
          type="date"
          label={t('find.day')}
          required
          withAsterisk={false}
          value={day}
          onChange={({ currentTarget }) => setDay(currentTarget.value)}
          error={isTried && parseDay(day) === null ? t('find.dayInvalid') : null}
        />
        <ClinicField clinicId={clinicId} onChange={setClinicId} />
        <Group>
          <Button type="submit">{t('find.submit')}</Button>
        </Group>
      </Stack>
    </Paper>
  )
}

function ClinicField({ clinicId, onChange }: { clinicId: string | null; onChange: (id: string | null) => void }) {
  const { t } = useTranslation('my-bookings')
  const [typed, setTyped] = useState<string | null>(null)
  const [q] = useDebouncedValue(typed, typingMs, { leading: true })
  const found = useQuery({ ...clinicSearchQuery(q ?? ''), enabled: q !== null }).data
  const chosen = useQuery({ ...clinicQuery(clinicId ?? ''), enabled: clinicId !== null }).data
  return (
    <SearchSelect
      label={t('find.clinic')}
      placeholder={t('find.clinicHelp')}
      value={clinicId}
      valueLabel={chosen?.name ?? null}
      onChange={onChange}
      onSearch={setTyped}
      options={found?.map(({ id, name, address }) => ({
        value: id,
        label: name,
        ...(address === null ? {} : { detail: address }),
      }))}
    />
  )
}

/** What to do, whether or not there is such a booking. Only this device's own tickets are looked up. */
function Advice({ wanted: { reference, day, clinicId } }: { wanted: Wanted }) {
  const { t } = useTranslation(['my-bookings', 'ticket', 'shell'])
  const stored = useQuery(storedTicketsQuery).data ?? []
  const clinic = useQuery({ ...clinicQuery(clinicId ?? ''), enabled: clinicId !== null }).data
  const kept = stored.find(
    ({ booking, clinic: of }) =>
      referenceOf(booking.id) === reference && localDay(booking.startsAt, of.timezone) === day,
  )
  const phone = clinic?.phone ?? null
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} radius="lg" component="section" aria-labelledby="find-advice">
      <Stack gap="md">
        <FocusedTitle id="find-advice">{t('find.adviceTitle')}</FocusedTitle>
        {kept === undefined ? null : (
          <Group>
            <LinkButton to="/ticket" hash={kept.booking.id}>
              {t('find.openKept')}
            </LinkButton>
          </Group>
        )}
        <Text>{t('find.private')}</Text>
        <Stack component="ul" gap="sm" m={0} ps="lg">
          <li>{t('find.link')}</li>
          <li>
            {t('find.call', { reference: `\u2068${reference}\u2069`, day: formatDate(day) })}{' '}
            {phone === null ? (
              t('find.noPhone')
            ) : (
              <Anchor href={`tel:${phone.replace(/[^+\d]/g, '')}`} dir="ltr">
                {phone}
              </Anchor>
            )}
          </li>
          <li>{t('find.account')}</li>
        </Stack>
        <Group>
          <LinkButton to="/sign-in" search={{ to: '/my-bookings' }} variant="default">
            {t('shell:nav.signIn')}
          </LinkButton>
        </Group>
      </Stack>
    </Paper>
  )
}
