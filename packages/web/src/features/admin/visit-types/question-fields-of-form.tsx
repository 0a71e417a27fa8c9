import { lengths, messageLanguages, questionKinds, visitTypeLimits } from '@holdfast/vocabulary'
import {
  ActionIcon,
  Button,
  Checkbox,
  Fieldset,
  Group,
  NativeSelect,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { QuestionFields } from '../../../domain/answers/question-fields.tsx'
import type { TypedAnswers } from '../../../domain/answers/typed-answers.ts'
import { formatLanguage, formatNumber } from '../../../lib/i18n/format.ts'
import { Icon } from '../../../ui/icon.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { emptyChoice, emptyQuestion, moved, questionOf } from './question-draft.ts'
import type { VisitTypeFormState } from './visit-type-draft.ts'

/** What patients are asked when they book it: adding, changing, ordering and removing questions, and a preview. */
export function QuestionFieldsOfForm({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  const { questions } = form.getValues()
  return (
    <Fieldset legend={t('visitTypes.field.questions')}>
      <Stack gap="md">
        <Text c="dimmed">{t('visitTypes.questions.help')}</Text>
        {questions.map(({ id }, index) => (
          <QuestionFieldset key={id} form={form} index={index} />
        ))}
        <Group gap="sm">
          <Button
            variant="default"
            size="sm"
            disabled={questions.length >= visitTypeLimits.questionsMax}
            data-of-list="questions"
            onClick={({ currentTarget }) => {
              noteChange(currentTarget)
              form.insertListItem('questions', emptyQuestion())
            }}
          >
            {t('visitTypes.questions.add')}
          </Button>
        </Group>
        {questions.length === 0 ? null : <Preview form={form} />}
      </Stack>
    </Fieldset>
  )
}

/** The dialog asks before it loses what was added, moved or removed, as it does for what was typed. */
function noteChange({ form }: HTMLButtonElement): void {
  form?.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Removes an item of a list. The focus moves to the button that removes the next one, or to the one that adds one. */
function removeItem(form: VisitTypeFormState, list: string, index: number, button: HTMLButtonElement): void {
  const { form: element } = button
  noteChange(button)
  flushSync(() => form.removeListItem(list, index))
  const buttons = [...(element?.querySelectorAll<HTMLButtonElement>(`[data-of-list="${list}"]`) ?? [])]
  buttons
    .slice(index)
    .find(({ disabled }) => !disabled)
    ?.focus()
}

type OfQuestion = { form: VisitTypeFormState; index: number }

function QuestionFieldset({ form, index }: OfQuestion) {
  const { t } = useTranslation('admin')
  const question = form.getValues().questions[index]
  if (question === undefined) return null
  const { kind } = question
  const path = `questions.${index}`
  return (
    <Fieldset legend={t('visitTypes.questions.nth', { number: formatNumber(index + 1) })}>
      <Stack gap="md">
        <NativeSelect
          label={t('visitTypes.questions.kind')}
          data={questionKinds.map((one) => ({ value: one, label: t(`visitTypes.questions.kinds.${one}`) }))}
          {...form.getInputProps(`${path}.kind`)}
        />
        <Textarea
          label={t(kind === 'consent' ? 'visitTypes.questions.consent' : 'visitTypes.questions.label')}
          description={kind === 'consent' ? t('visitTypes.questions.consentHelp') : null}
          required
          dir="auto"
          autosize
          minRows={kind === 'consent' ? 3 : 1}
          maxLength={kind === 'consent' ? lengths.consent : lengths.question}
          {...form.getInputProps(`${path}.label`)}
        />
        {kind === 'choice' ? <ChoiceFields form={form} index={index} /> : null}
        <Checkbox
          size="md"
          label={t('visitTypes.questions.required')}
          {...form.getInputProps(`${path}.required`, { type: 'checkbox' })}
        />
        <OtherLanguages form={form} index={index} />
        <QuestionActions form={form} index={index} />
      </Stack>
    </Fieldset>
  )
}

function QuestionActions({ form, index }: OfQuestion) {
  const { t } = useTranslation('admin')
  const { questions } = form.getValues()
  const number = formatNumber(index + 1)
  const move = (by: number, button: HTMLButtonElement) => {
    noteChange(button)
    flushSync(() => form.setFieldValue('questions', moved(questions, index, by)))
    // At an end of the list its button is disabled, and the focus moves to the one that leads back.
    const left = button.disabled ? button.parentElement?.querySelector<HTMLButtonElement>('button:enabled') : button
    left?.focus()
  }
  return (
    <Group gap="xs">
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={t('visitTypes.questions.up', { number })}
        disabled={index === 0}
        onClick={({ currentTarget }) => move(-1, currentTarget)}
      >
        <Icon of={IconArrowUp} size={18} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={t('visitTypes.questions.down', { number })}
        disabled={index === questions.length - 1}
        onClick={({ currentTarget }) => move(1, currentTarget)}
      >
        <Icon of={IconArrowDown} size={18} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={t('visitTypes.questions.remove', { number })}
        data-of-list="questions"
        onClick={({ currentTarget }) => removeItem(form, 'questions', index, currentTarget)}
      >
        <Icon of={IconTrash} size={18} />
      </ActionIcon>
    </Group>
  )
}

function ChoiceFields({ form, index }: OfQuestion) {
  const { t } = useTranslation('admin')
  const choices = form.getValues().questions[index]?.choices ?? []
  const path = `questions.${index}.choices`
  return (
    <Stack gap="xs">
      {choices.map(({ id }, place) => (
        <Group key={id} gap="xs" align="end" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            label={t('visitTypes.questions.choice', { number: formatNumber(place + 1) })}
            required
            dir="auto"
            maxLength={lengths.choice}
            {...form.getInputProps(`${path}.${place}.label`)}
          />
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={t('visitTypes.questions.removeChoice', { number: formatNumber(place + 1) })}
            disabled={choices.length <= 2}
            data-of-list={path}
            onClick={({ currentTarget }) => removeItem(form, path, place, currentTarget)}
          >
            <Icon of={IconTrash} size={18} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          variant="default"
          size="sm"
          disabled={choices.length >= visitTypeLimits.choicesMax}
          data-of-list={path}
          onClick={({ currentTarget }) => {
            noteChange(currentTarget)
            form.insertListItem(path, emptyChoice())
          }}
        >
          {t('visitTypes.questions.addChoice')}
        </Button>
      </Group>
    </Stack>
  )
}

/** The texts for readers of other languages; they are open where there are some. */
function OtherLanguages({ form, index }: OfQuestion) {
  const { t } = useTranslation('admin')
  const question = form.getValues().questions[index]
  const [isOpen] = useState(Object.values(question?.labels ?? {}).some((text) => text !== ''))
  if (question === undefined) return null
  const { kind, choices } = question
  const path = `questions.${index}`
  return (
    <details open={isOpen}>
      <summary>{t('visitTypes.questions.languages')}</summary>
      <Stack gap="md" mt="sm">
        {messageLanguages.map((language) => (
          <Stack key={language} gap="xs">
            <Textarea
              label={t('visitTypes.questions.textIn', { language: formatLanguage(language) })}
              dir="auto"
              autosize
              minRows={1}
              maxLength={kind === 'consent' ? lengths.consent : lengths.question}
              {...form.getInputProps(`${path}.labels.${language}`)}
            />
            {kind === 'choice' ? (
              <div className={layoutClasses.fields}>
                {choices.map((choice, place) => (
                  <TextInput
                    key={choice.id}
                    label={t('visitTypes.questions.choiceIn', {
                      number: formatNumber(place + 1),
                      language: formatLanguage(language),
                    })}
                    dir="auto"
                    maxLength={lengths.choice}
                    {...form.getInputProps(`${path}.choices.${place}.labels.${language}`)}
                  />
                ))}
              </div>
            ) : null}
          </Stack>
        ))}
      </Stack>
    </details>
  )
}

/** The questions as patients see them in this language. */
function Preview({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  const [typed, setTyped] = useState<TypedAnswers>({})
  const questions = form.getValues().questions.map((draft) => ({ ...questionOf(draft), version: 1 }))
  return (
    <details>
      <summary>{t('visitTypes.questions.preview')}</summary>
      <Stack mt="sm">
        <QuestionFields
          questions={questions.map((question) => ({ ...question, id: `preview-${question.id}` }))}
          typed={typed}
          onChange={setTyped}
          isTried={false}
          refused={null}
        />
      </Stack>
    </details>
  )
}
