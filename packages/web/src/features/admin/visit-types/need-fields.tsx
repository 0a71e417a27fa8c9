import { visitTypeLimits } from '@holdfast/vocabulary'
import { Fieldset, MultiSelect, Radio, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { visitResourcesQuery } from '../../../domain/visits/visit-resources-query.ts'
import { withEachWord } from '../../../lib/with-each-word.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { useClinic } from '../use-clinic.ts'
import { roomNeeds, type VisitTypeFormState } from './visit-type-draft.ts'

/** The room and the devices that an appointment takes beside the doctor. */
export function NeedFields({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const resources = useQuery(visitResourcesQuery(clinicId))
  return (
    <Fieldset legend={t('visitTypes.field.needs')}>
      {resources.data === undefined ? (
        <LoadingOrError of={resources} />
      ) : resources.data.length === 0 ? (
        <Text>
          {t('visitTypes.noResources')}{' '}
          <TextLink inherit to="/clinic/$clinicId/rooms" params={{ clinicId }}>
            {t('visitResources.add')}
          </TextLink>
        </Text>
      ) : (
        <Choices form={form} resources={resources.data} />
      )}
    </Fieldset>
  )
}

type ChoicesProps = {
  form: VisitTypeFormState
  resources: readonly { id: string; kind: 'room' | 'device'; name: string; active: boolean }[]
}

function Choices({ form, resources }: ChoicesProps) {
  const { t } = useTranslation('admin')
  const { room, roomIds, deviceIds } = form.getValues()
  const dataOf = (kind: 'room' | 'device', chosen: readonly string[]) =>
    resources
      .filter((one) => one.kind === kind && (one.active || chosen.includes(one.id)))
      .map(({ id, name }) => ({ value: id, label: name }))
  return (
    <Stack gap="md">
      <Text c="dimmed">{t('visitTypes.needsHelp')}</Text>
      <Radio.Group size="md" label={t('visitResources.kinds.room')} {...form.getInputProps('room')}>
        <Stack gap="xs" mt={6}>
          {roomNeeds.map((need) => (
            <Radio key={need} value={need} label={t(`visitTypes.roomNeeds.${need}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {room === 'some' ? (
        <MultiSelect
          size="md"
          label={t('visitTypes.rooms')}
          searchable
          filter={withEachWord}
          maxValues={visitTypeLimits.roomsMax}
          data={dataOf('room', roomIds)}
          {...form.getInputProps('roomIds')}
        />
      ) : null}
      <MultiSelect
        size="md"
        label={t('visitTypes.devices')}
        description={t('visitTypes.devicesHelp')}
        searchable
        filter={withEachWord}
        maxValues={visitTypeLimits.devicesMax}
        data={dataOf('device', deviceIds)}
        {...form.getInputProps('deviceIds')}
      />
    </Stack>
  )
}
