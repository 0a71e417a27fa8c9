import type { VisitResource } from '@holdfast/contract/client'
import { lengths, type VisitResourceKind, visitResourceKinds, visitResourceLimits } from '@holdfast/vocabulary'
import { Group, Radio, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { submitValid } from '../../../lib/submit-valid.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { useSaveVisitResource } from './use-save-visit-resource.ts'

type Draft = { kind: VisitResourceKind; name: string; units: number | string }
type FormProps = { resource: VisitResource | null; onDone: (saved: VisitResource) => void }

/** Adds a room or device, or edits one. */
export function VisitResourceForm({ resource, onDone }: FormProps) {
  const { t } = useTranslation('admin')
  const saving = useSaveVisitResource(resource)
  const form = useForm<Draft>({
    initialValues: { kind: resource?.kind ?? 'room', name: resource?.name ?? '', units: resource?.units ?? 1 },
  })
  const submit = submitValid(form, ({ kind, name, units }) =>
    saving.mutate({ kind, name: name.trim(), units: Number(units) }, { onSuccess: onDone }),
  )
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {resource === null ? (
          <Radio.Group size="md" label={t('visitResources.kind')} {...form.getInputProps('kind')}>
            <Group gap="lg" mt={6}>
              {visitResourceKinds.map((kind) => (
                <Radio key={kind} value={kind} label={t(`visitResources.kinds.${kind}`)} />
              ))}
            </Group>
          </Radio.Group>
        ) : null}
        <TextInput
          label={t('field.name')}
          description={t('visitResources.nameHelp')}
          required
          maxLength={lengths.name}
          dir="auto"
          data-autofocus
          {...form.getInputProps('name')}
        />
        {form.getValues().kind === 'room' ? null : (
          <BoundedNumber
            label={t('visitResources.units')}
            description={t('visitResources.unitsHelp')}
            allowDecimal={false}
            required
            {...visitResourceLimits.units}
            {...form.getInputProps('units')}
          />
        )}
        <SaveButton of={saving} label={resource === null ? t('visitResources.add') : t('save')} />
      </Stack>
    </form>
  )
}
