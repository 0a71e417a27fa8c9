import { isEmailAddress, lengths, localDay, referenceOf } from '@holdfast/vocabulary'
import { Anchor, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { storedTicketsQuery } from '../../domain/bookings/stored-ticket-queries.ts'
import { ClinicChoiceField } from '../../domain/clinics/clinic-choice-field.tsx'
import { useClinicChoice } from '../../domain/clinics/use-clinic-choice.ts'
import { api, dataOf } from '../../lib/api/api.ts'
import { callAddress } from '../../lib/call-address.ts'
import { formatDate } from '../../lib/i18n/format.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { parseDay } from '../../lib/time/local-time.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { DateField } from '../../ui/fields/date-field.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { normalReference } from './normal-reference.ts'

const route = getRouteApi('/find-booking')

const wholeDay = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const

/** `email`: where the link is sent, if it is the booking's; null: nothing is sent. With it, the clinic is known. */
type Wanted = { reference: string; day: string; clinicId: string | null; email: string | null; submittedAt: number }

/**
 * The page for guests who closed their ticket. A reference and a date are known to others too, so they open nothing:
 * the link is sent to the address of the booking, and what this page says is the same for every booking and for none.
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
        <Text mt="xs">
          <TextLink to="/find-waitlist-entry">{t('find.waitlist')}</TextLink>
        </Text>
      </div>
      <WantedForm onWanted={setWanted} />
      {wanted === null ? null : <Advice key={wanted.submittedAt} wanted={wanted} />}
    </Stack>
  )
}

function WantedForm({ onWanted }: { onWanted: (wanted: Wanted) => void }) {
  const { t } = useTranslation('my-bookings')
  const { reference: known = '' } = route.useSearch()
  const [reference, setReference] = useState(known)
  const [day, setDay] = useState('')
  const [email, setEmail] = useState('')
  const [isTried, setTried] = useState(false)
  const choice = useClinicChoice()
  const { clinicId } = choice
  const isClinicMissing = clinicId === null && email.trim() !== ''
  const normal = normalReference(reference)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // Shows the field for the clinic, which may be the one to focus.
    flushSync(() => setTried(true))
    if (normal === null) document.getElementById('find-reference')?.focus()
    else if (parseDay(day) === null) document.getElementById('find-day')?.focus()
    else if (isClinicMissing) document.getElementById('find-clinic')?.focus()
    else if (!isAddress(email)) document.getElementById('find-email')?.focus()
    else onWanted({ reference: normal, day, clinicId, email: email.trim() || null, submittedAt: Date.now() })
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
        <DateField
          id="find-day"
          label={t('find.day')}
          required
          withAsterisk={false}
          value={day}
          onChange={setDay}
          error={isTried && parseDay(day) === null ? t('find.dayInvalid') : null}
        />
        <TextInput
          id="find-email"
          type="email"
          label={t('find.email')}
          description={t('find.emailHelp')}
          autoComplete="email"
          maxLength={lengths.email}
          value={email}
          onChange={({ currentTarget }) => setEmail(currentTarget.value)}
          error={isTried && !isAddress(email) ? t('find.emailInvalid') : null}
        />
        <ClinicChoiceField
          choice={choice}
          inputId="find-clinic"
          label={t('find.clinic')}
          placeholder={t('find.clinicHelp')}
          error={isTried && isClinicMissing ? t('find.clinicNeeded') : null}
          isTried={isTried}
        />
        <Group>
          <Button type="submit">{t('find.submit')}</Button>
        </Group>
      </Stack>
    </Paper>
  )
}

/** What to do, whether or not there is such a booking. Only this device's own tickets are looked up. */
function Advice({ wanted }: { wanted: Wanted }) {
  const { reference, day, clinicId } = wanted
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
        <SentLink wanted={wanted} />
        <Text>{t('find.private')}</Text>
        <Stack component="ul" gap="sm" m={0} ps="lg">
          <li>{t('find.link')}</li>
          <li>
            {t('find.call', { reference: unbroken(reference), day: formatDate(day, wholeDay) })}{' '}
            {phone === null ? (
              t('find.noPhone')
            ) : (
              <Anchor href={callAddress(phone)} dir="ltr">
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

/** Asks the server to send the link, once per submission. It does not say whether there is such a booking. */
function SentLink({ wanted: { reference, day, clinicId, email, submittedAt } }: { wanted: Wanted }) {
  const { t } = useTranslation('my-bookings')
  const isWhole = clinicId !== null && email !== null
  const sending = useQuery({
    queryKey: ['ticket-link', submittedAt],
    queryFn: () =>
      dataOf(
        api.sendTicketLink({
          body: { reference, day, clinicId: clinicId ?? '', email: email ?? '', language: currentLanguage() },
        }),
      ),
    enabled: isWhole,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  if (email === null) return null
  if (!sending.isSuccess) return <LoadingOrError of={sending} />
  return (
    <Text role="status" fw={600}>
      {t('find.sent', { email: `\u2068${email}\u2069` })}
    </Text>
  )
}

/** A reference in a sentence: in its own direction, with a hyphen that breaks no line and that the form accepts. */
function unbroken(reference: string): string {
  return `\u2068${reference.replace('-', '\u2011')}\u2069`
}

function isAddress(email: string): boolean {
  return email.trim() === '' || isEmailAddress(email.trim())
}
