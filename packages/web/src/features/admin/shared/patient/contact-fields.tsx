import { isEmailAddress, isPhoneNumber, lengths } from '@holdfast/vocabulary'
import { NativeSelect, type NativeSelectProps, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { PhoneField } from '../../../../domain/contacts/phone-field.tsx'
import { languageNames, languages } from '../../../../lib/i18n/languages.ts'
import { useClinic } from '../../use-clinic.ts'
import type { Contact } from './patient-correction.ts'

/** The fields in which the desk enters who a patient is. */
export function ContactFields<Draft extends Contact>({ form }: { form: UseFormReturnType<Draft> }) {
  const { t } = useTranslation('admin')
  const { clinic } = useClinic()
  return (
    <>
      <TextInput
        label={t('field.name')}
        required
        maxLength={lengths.name}
        autoComplete="off"
        {...form.getInputProps('name')}
      />
      <PhoneField clinic={clinic} label={t('field.phone')} autoComplete="off" {...form.getInputProps('phone')} />
      <TextInput
        type="email"
        label={t('field.email')}
        maxLength={lengths.email}
        autoComplete="off"
        {...form.getInputProps('email')}
      />
    </>
  )
}

/** The field in which the desk chooses the language of messages to a patient. */
export function LanguageField(props: NativeSelectProps) {
  const { t } = useTranslation('admin')
  return (
    <NativeSelect
      label={t('field.messageLanguage')}
      data={[
        { value: '', label: t('field.clinicLanguage') },
        ...languages.map((value) => ({ value, label: languageNames[value] })),
      ]}
      {...props}
    />
  )
}

/** What these fields may contain. */
export function useContactRules() {
  const { t } = useTranslation('waitlist')
  return {
    name: (name: string) => (name.trim() === '' ? t('invalid.nameMissing') : null),
    phone: (phone: string) => (phone.trim() === '' || isPhoneNumber(phone.trim()) ? null : t('invalid.phoneInvalid')),
    email: (email: string) => (email.trim() === '' || isEmailAddress(email.trim()) ? null : t('invalid.emailInvalid')),
  }
}
