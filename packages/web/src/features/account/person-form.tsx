import type { AccountPerson } from '@holdfast/contract/client'
import { lengths, localDay, type PersonRelation, personRelations } from '@holdfast/vocabulary'
import { NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { myPeopleQuery } from '../../domain/people/my-people-query.ts'
import { api, dataOf } from '../../lib/api/api.ts'
import { useRequestKeys } from '../../lib/api/request-keys.ts'
import { ownTimeZone } from '../../lib/i18n/format.ts'
import { submitValid } from '../../lib/submit-valid.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { DateField } from '../../ui/fields/date-field.tsx'
import { SaveButton } from '../../ui/save-button.tsx'
import { toastDone } from '../../ui/toast.ts'

type Draft = { name: string; relation: PersonRelation | ''; birthDate: string }
type PersonFormProps = {
  /** null: somebody is added. */
  person: AccountPerson | null
  onDone: () => void
}

/** The form for somebody whom the owner of the account books for. */
export function PersonForm({ person, onDone }: PersonFormProps) {
  const { t } = useTranslation('people')
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const { name = '', relation, birthDate } = person ?? {}
  const form = useForm<Draft>({
    initialValues: { name, relation: relation ?? '', birthDate: birthDate ?? '' },
    validate: { name: (text) => (text.trim() === '' ? t('nameMissing') : null) },
  })
  const save = useMutation({
    mutationFn(draft: Draft) {
      const body = {
        name: draft.name.trim(),
        relation: draft.relation === '' ? null : draft.relation,
        birthDate: draft.birthDate === '' ? null : draft.birthDate,
      }
      return person === null
        ? dataOf(api.createMyPerson({ body, headers: requestKeys.headersFor(body) }))
        : dataOf(api.updateMyPerson({ path: { personId: person.id }, body }))
    },
    onSuccess: () => {
      toastDone({ message: t(person === null ? 'added' : 'saved') })
      onDone()
    },
    onSettled: () => queryClient.invalidateQueries(myPeopleQuery),
  })
  return (
    <form noValidate onSubmit={submitValid(form, (draft) => save.mutate(draft))}>
      <Stack gap="md">
        <TextInput
          data-autofocus
          label={t('name')}
          required
          maxLength={lengths.name}
          autoComplete="off"
          dir="auto"
          {...form.getInputProps('name')}
        />
        <NativeSelect
          label={t('relationLabel')}
          data={['' as const, ...personRelations].map((value) => ({
            value,
            label: t(`relation.${value === '' ? 'none' : value}`),
          }))}
          {...form.getInputProps('relation')}
        />
        <DateField
          label={t('birthDate')}
          description={t('birthDateHelp')}
          max={localDay(serverNow(), ownTimeZone())}
          {...form.getInputProps('birthDate')}
        />
        {person === null ? null : <Text size="sm">{t('editHelp')}</Text>}
        <SaveButton of={save} label={t('save')} />
      </Stack>
    </form>
  )
}
