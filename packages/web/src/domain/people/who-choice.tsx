import { accountPeopleMax } from '@holdfast/vocabulary'
import { Checkbox, Radio, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { myPeopleQuery } from './my-people-query.ts'
import { PersonFacts } from './person-facts.tsx'

export type WhoChoiceProps = {
  me: { name: string }
  /** The patient's name, as it is in its field. */
  name: string
  onName: (name: string) => void
  /** Whether a person who is typed is to be kept in the account. */
  isKept: boolean
  onKept: (isKept: boolean) => void
}

/** The choice of the patient: the owner of the account, one of their people, or somebody who is typed. */
export function WhoChoice({ me, name, onName, isKept, onKept }: WhoChoiceProps) {
  const { t } = useTranslation('people')
  const { data: people = [], isSuccess } = useQuery(myPeopleQuery)
  const [chosen, setChosen] = useState<string | null>(null)
  const [typed, setTyped] = useState('')
  const known = [{ id: 'me', name: me.name }, ...people]
  const named = known.filter((one) => one.name === name.trim())
  // The name decides, because it can be changed in its field; of people with one name, the choice does.
  const shown = (named.find(({ id }) => id === chosen) ?? named[0])?.id ?? 'other'
  const choose = (value: string) => {
    if (shown === 'other') setTyped(name)
    setChosen(value)
    onName(known.find(({ id }) => id === value)?.name ?? typed)
  }
  return (
    <Stack gap="sm" style={{ overflowWrap: 'anywhere' }}>
      <Radio.Group label={t('who.title')} value={shown} onChange={choose}>
        <Stack gap="sm" mt="xs">
          <Radio value="me" label={t('who.me')} />
          {people.map((person) => (
            <Radio
              key={person.id}
              value={person.id}
              label={<bdi>{person.name}</bdi>}
              description={<PersonFacts of={person} />}
            />
          ))}
          <Radio value="other" label={t('who.other')} />
        </Stack>
      </Radio.Group>
      {shown === 'other' && isSuccess && people.length < accountPeopleMax ? (
        <Checkbox
          label={t('who.keep')}
          description={t('who.keepHelp')}
          checked={isKept}
          onChange={({ currentTarget }) => onKept(currentTarget.checked)}
        />
      ) : null}
    </Stack>
  )
}
