import type { Clinic } from '@holdfast/contract/client'
import { isEmailAddress, isPhoneNumber, lengths } from '@holdfast/vocabulary'
import { Textarea, TextInput, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { PhoneField } from '../../domain/contacts/phone-field.tsx'
import type { Details } from '../../domain/hold/attempt.ts'
import classes from './booking.module.css'

type FieldsProps = {
  details: Details
  clinic: Pick<Clinic, 'sendsEmails' | 'phone' | 'timezone'>
  onChange: (part: Partial<Details>) => void
  isTried: boolean
  /** What the server refused as it is now; null: nothing. */
  refused: CheckedField | null
  /** Whom the appointment is for, above the name. */
  children: ReactNode
}

/** The patient's details. `isTried`: their errors are shown. */
export function DetailsFields({ details, clinic, onChange, isTried, refused, children }: FieldsProps) {
  const { t } = useTranslation('booking')
  const wrong = [...(isTried ? wrongFields(details) : []), refused]
  return (
    <div className={classes.fields}>
      <Title order={3} className={classes.wide ?? ''}>
        {t('details.title')}
      </Title>
      <div className={classes.wide}>{children}</div>
      <TextInput
        id="details-name"
        className={classes.wide ?? ''}
        label={t('details.name')}
        required
        autoComplete="name"
        dir="auto"
        maxLength={lengths.name}
        value={details.name}
        onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
        error={wrong.includes('name') ? t('details.nameRequired') : null}
      />
      <TextInput
        id="details-email"
        type="email"
        label={t('details.email')}
        description={t(clinic.sendsEmails ? 'details.emailHelp' : 'details.noEmailHelp')}
        autoComplete="email"
        maxLength={lengths.email}
        value={details.email}
        onChange={({ currentTarget }) => onChange({ email: currentTarget.value })}
        error={wrong.includes('email') ? t('details.emailInvalid') : null}
      />
      <PhoneField
        id="details-phone"
        clinic={clinic}
        label={t('details.phone')}
        description={t('details.phoneHelp')}
        autoComplete="tel"
        value={details.phone}
        onChange={({ currentTarget }) => onChange({ phone: currentTarget.value })}
        error={wrong.includes('phone') ? t('details.phoneInvalid') : null}
      />
      <Textarea
        className={classes.wide ?? ''}
        label={t('details.reason')}
        description={t('details.reasonHelp')}
        maxLength={lengths.reason}
        autosize
        minRows={2}
        value={details.reason}
        onChange={({ currentTarget }) => onChange({ reason: currentTarget.value })}
      />
    </div>
  )
}

type CheckedField = 'name' | 'email' | 'phone'

/** The fields that are invalid, in their order on the page. */
export function wrongFields({ name, email, phone }: Pick<Details, CheckedField>): CheckedField[] {
  const isRight = {
    name: name.trim() !== '',
    email: email.trim() === '' || isEmailAddress(email.trim()),
    phone: phone.trim() === '' || isPhoneNumber(phone.trim()),
  }
  return (['name', 'email', 'phone'] as const).filter((field) => !isRight[field])
}

export function focusDetail(field: CheckedField): void {
  document.getElementById(`details-${field}`)?.focus()
}
