import { randomUUID } from 'node:crypto'
import type { NewVisitQuestion, NewVisitType } from '@holdfast/contract/client'
import { aQuestion, aSession, aVisitType } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aVisitPractice } from './a-visit-practice.ts'
import { hold } from './booking-steps.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const consent: NewVisitQuestion = {
  id: randomUUID(),
  kind: 'consent',
  label: 'I agree that the practice sends my findings to my family doctor.',
  required: true,
}
const allergies: NewVisitQuestion = { id: randomUUID(), kind: 'text', label: 'Allergies', required: true }
const ear: NewVisitQuestion = {
  ...{ id: randomUUID(), kind: 'choice', label: 'Which ear?', labels: { de: 'Welches Ohr?' } },
  choices: ['Left', 'Right'].map((label) => ({ id: randomUUID(), label })),
}
const lastVisit: NewVisitQuestion = { id: randomUUID(), kind: 'date', label: 'When were you here last?' }
const hearing: NewVisitType = { name: 'Hearing test', minutes: 20, questions: [allergies, ear, lastVisit, consent] }

test('a patient answers, agrees to the text as it is now, and withdraws the consent on the ticket', async ({
  site,
}) => {
  const { clinic, doctor, visitTypes } = await aVisitPractice(site, [hearing])
  const [type] = visitTypes
  const page = await site.newPage()
  await page.goto(`/doctors/${doctor.id}?visitType=${type?.id}`)
  await hold(page, '13:10')
  await page.getByRole('heading', { name: 'Questions of the clinic' }).waitFor()
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByRole('textbox', { name: 'E-mail' }).fill('ada@example.org')
  const confirm = page.getByRole('button', { name: 'Confirm appointment' })
  await confirm.click()
  await page.getByLabel('Allergies').and(page.locator(':focus')).waitFor()
  await page.getByText('Please answer this.').waitFor()
  await page.getByText('It cannot be booked without this consent.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByLabel('Allergies').fill('Penicillin')
  await page.getByLabel('Which ear?').selectOption('Left')
  await page.getByLabel('I agree').check()

  // Another time keeps what was entered, and so does a reload.
  await page.reload()
  await expect.poll(() => page.getByLabel('Allergies').inputValue()).toBe('Penicillin')
  expect(await page.getByLabel('I agree').isChecked()).toBe(true)

  const questions = [allergies, ear, lastVisit, { ...consent, label: 'I agree to letters to my family doctor.' }]
  const path = { clinicId: clinic.id, visitTypeId: type?.id ?? '' }
  await dataOf(site.admin.updateVisitType({ path, body: { questions } }))
  await confirm.click()
  await page.getByText('The text has changed. Please read it again.').waitFor()
  const newText = page.getByLabel('I agree to letters to my family doctor.')
  await newText.waitFor()
  expect(await newText.isChecked()).toBe(false)
  await newText.check()
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await confirm.click()

  const answers = page.getByRole('region', { name: 'Answers' })
  for (const text of ['Penicillin', 'Left']) await answers.getByText(text).waitFor()
  await answers.getByText(/^Agreed on/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await answers.getByText('Not answered').waitFor()
  await answers.getByRole('button', { name: 'Correct answers' }).click()
  const correcting = page.getByRole('dialog', { name: 'Correct answers' })
  expect(await correcting.getByLabel('Which ear?').locator('option:checked').textContent()).toBe('Left')
  expect(await correcting.getByRole('checkbox').count()).toBe(0)
  await correcting.getByLabel('Allergies').fill('')
  await correcting.getByRole('button', { name: 'Save' }).click()
  await correcting.getByText('Please answer this.').waitFor()
  await correcting.getByLabel('Allergies').fill('None')
  await correcting.getByLabel('Which ear?').selectOption('Right')
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await correcting.getByRole('button', { name: 'Save' }).click()
  await correcting.waitFor({ state: 'detached' })
  for (const text of ['None', 'Right']) await answers.getByText(text, { exact: true }).waitFor()
  await answers.getByRole('button', { name: /^Withdraw consent/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Withdraw this consent?' })
  await dialog.getByText('I agree to letters to my family doctor.').waitFor()
  await dialog.getByRole('button', { name: 'Withdraw consent' }).click()
  await dialog.waitFor({ state: 'detached' })
  await answers.getByText(/^Withdrawn on .+ · Agreed on /).waitFor()
  expect(await answers.getByRole('button', { name: /^Withdraw/ }).count()).toBe(0)
})

test('the desk may skip what is no consent; who sees the patient reads it, and the desk withdraws', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const { clinic, doctor } = scene
  const [text, agreed] = [
    aQuestion('text', { label: 'Allergies' }),
    aQuestion('consent', { label: 'You may call me.' }),
  ]
  const other = aQuestion('text', { label: 'Medicines' })
  const declined = aQuestion('consent', { label: 'You may write to me.', required: false })
  await aVisitType(site.database, clinic, {
    name: 'Vaccination',
    minutes: 10,
    questions: [text, other, agreed, declined],
  })
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 5 * 60_000)
  await aSession(site.database, doctor, { startsAt, minutes: 120, gridMinutes: 60 })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${clinic.id}/book?doctorId=${doctor.id}`)
  await page.getByLabel('Visit type').selectOption({ label: 'Vaccination · 10 minutes' })
  await page.getByRole('button', { name: /\(has begun\)/ }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Walter Walk-in')
  await page.getByLabel('Medicines').fill('Aspirin')
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByText('It cannot be booked without this consent.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByLabel('You may call me.').check()
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
  await page.getByRole('link', { name: 'Open booking' }).click()
  const answers = page.getByRole('region', { name: 'Answers' })
  await answers.getByText('Not asked').waitFor()
  await answers.getByText('Aspirin').waitFor()
  const correcting = page.getByRole('dialog', { name: 'Correct answers' })
  await answers.getByRole('button', { name: 'Correct answers' }).click()
  const fixed = correcting.getByRole('checkbox', { name: 'You may write to me.' })
  expect(await fixed.isDisabled()).toBe(true)
  await correcting.getByText('Only the patient can give this consent').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await correcting.getByLabel('Medicines').fill('Ibuprofen')
  // Somebody else changes the answer meanwhile, which the page has read again: what was typed stays, and is saved only
  // after the other answer was shown.
  const bookingId = page.url().split('/').at(-1) ?? ''
  const { version } = await dataOf(site.admin.getBooking({ path: { bookingId } }))
  const byOthers = [{ questionId: other.id, value: 'Paracetamol' }]
  await dataOf(site.admin.correctAnswers({ path: { bookingId }, body: { version, answers: byOthers } }))
  await answers.getByText('Paracetamol').waitFor()
  await correcting.getByRole('button', { name: 'Save' }).click()
  await correcting.getByText('The appointment was changed meanwhile').waitFor()
  await correcting.getByText('Meanwhile changed to: \u2068Paracetamol\u2069').waitFor()
  expect(await correcting.getByLabel('Medicines').inputValue()).toBe('Ibuprofen')
  expect(await axeFindings(page)).toEqual([])
  await correcting.getByRole('button', { name: 'Save' }).click()
  await correcting.waitFor({ state: 'detached' })
  await answers.getByText('Ibuprofen').waitFor()
  await page.getByRole('region', { name: 'History' }).getByText('Answers corrected').nth(1).waitFor()
  await answers.getByRole('button', { name: /^Withdraw consent/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw consent' }).click()
  await answers.getByText(/^Withdrawn on/).waitFor()
  await page.getByRole('region', { name: 'History' }).getByText('Consent withdrawn').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.goto(`/clinic/${clinic.id}/day`)
  const row = page.getByRole('row').filter({ hasText: 'Walter Walk-in' })
  for (const shown of ['Not asked', 'Ibuprofen', 'Consent withdrawn']) await row.getByText(shown).waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  await untilRead(page)
  expect(await sidewaysPixels(page)).toBe(0)
})

test('an admin adds questions, orders and translates them, and sees how patients see them', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { clinic } = scene
  await aVisitType(site.database, clinic, { name: 'Check-up' })
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${clinic.id}/visit-types`)
  await page.getByRole('button', { name: 'Edit Check-up' }).click()
  const form = page.getByRole('dialog', { name: 'Edit Check-up' })
  const nth = (number: number) => form.getByRole('group', { name: `Question ${number}`, exact: true })
  await form.getByRole('button', { name: 'Add question' }).click()
  await nth(1).getByRole('textbox', { name: 'Question', exact: true }).fill('Allergies')
  await nth(1).getByText('In other languages').click()
  await nth(1).getByLabel('Text in German').fill('Allergien')
  await form.getByRole('button', { name: 'Add question' }).click()
  await nth(2).getByLabel('Kind of answer').selectOption('Choice')
  await nth(2).getByRole('textbox', { name: 'Question', exact: true }).fill('Which ear?')
  await nth(2).getByRole('textbox', { name: 'Choice 1', exact: true }).fill('Left')
  await nth(2).getByRole('textbox', { name: 'Choice 2', exact: true }).fill('Right')
  await form.getByRole('button', { name: 'Add question' }).click()
  await nth(3).getByLabel('Kind of answer').selectOption('Consent')
  await nth(3).getByLabel('Text that patients agree to').fill('You may call me.')
  await nth(3).getByLabel('An answer is required').check()
  await form.getByRole('button', { name: 'Move question 3 up' }).click()
  await form.getByRole('button', { name: 'Move question 2 up' }).click()
  expect(await nth(1).getByLabel('Text that patients agree to').inputValue()).toBe('You may call me.')
  await form.getByText('Preview', { exact: true }).click()
  await form.getByRole('checkbox', { name: 'You may call me.' }).check()
  expect(await axeFindings(page)).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await sidewaysPixels(page)).toBe(0)
  await form.getByRole('button', { name: 'Save' }).click()
  await form.waitFor({ state: 'detached' })
  const read = async () => (await dataOf(site.admin.listVisitTypes({ path: { clinicId: clinic.id } }))).items[0]
  expect((await read())?.questions).toMatchObject([
    { kind: 'consent', label: 'You may call me.', required: true, choices: [], version: 1 },
    { kind: 'text', label: 'Allergies', labels: { de: 'Allergien' }, required: false },
    { kind: 'choice', choices: [{ label: 'Left' }, { label: 'Right' }] },
  ])
  await page.getByRole('button', { name: 'Edit Check-up' }).click()
  await form.getByRole('button', { name: 'Remove question 2' }).click()
  await nth(1).getByLabel('Text that patients agree to').fill('You may write to me.')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.waitFor({ state: 'detached' })
  expect((await read())?.questions).toMatchObject([{ label: 'You may write to me.', version: 2 }, { version: 1 }])
})

test('questions are not lost by one key, and the focus stays in the list when one is removed', async ({ site }) => {
  const scene = await aClinicScene(site)
  await aVisitType(site.database, scene.clinic, {
    name: 'Check-up',
    questions: [aQuestion('text', { label: 'Allergies' }), aQuestion('text', { label: 'Medicines' })],
  })
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/visit-types`)
  const edit = page.getByRole('button', { name: 'Edit Check-up' })
  const form = page.getByRole('dialog', { name: 'Edit Check-up' })
  const button = (name: string) => form.getByRole('button', { name, exact: true })
  const discard = form.getByRole('group', { name: 'Close without saving?' })
  await edit.click()
  await button('Add question').waitFor()
  // Nothing was changed.
  await page.keyboard.press('Escape')
  await form.waitFor({ state: 'detached' })

  for (const name of ['Add question', 'Move question 1 down', 'Remove question 2']) {
    await edit.click()
    await button(name).press('Enter')
    await page.keyboard.press('Escape')
    await discard.getByRole('button', { name: 'Close without saving' }).click()
    await form.waitFor({ state: 'detached' })
  }

  await edit.click()
  const first = form.getByRole('group', { name: 'Question 1', exact: true })
  await button('Remove question 1').press('Enter')
  await button('Remove question 2').waitFor({ state: 'detached' })
  expect(await first.getByRole('textbox', { name: 'Question', exact: true }).inputValue()).toBe('Medicines')
  await button('Remove question 1').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')
  await first.waitFor({ state: 'detached' })
  await button('Add question').and(page.locator(':focus')).waitFor()
})

test('the focus stays with a question that moves, and among the choices when one is removed', async ({ site }) => {
  const scene = await aClinicScene(site)
  const choices = ['Left', 'Right', 'Both'].map((label) => ({ id: randomUUID(), label, labels: {} }))
  await aVisitType(site.database, scene.clinic, {
    name: 'Check-up',
    questions: [
      aQuestion('text', { label: 'Allergies' }),
      aQuestion('text', { label: 'Medicines' }),
      aQuestion('choice', { label: 'Which ear?', choices }),
    ],
  })
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/visit-types`)
  await page.getByRole('button', { name: 'Edit Check-up' }).click()
  const form = page.getByRole('dialog', { name: 'Edit Check-up' })
  const focused = (name: string) =>
    form.getByRole('button', { name, exact: true }).and(page.locator(':focus')).waitFor()
  await form.getByRole('button', { name: 'Move question 1 down' }).press('Enter')
  await focused('Move question 2 down')
  await page.keyboard.press('Enter')
  await focused('Move question 3 up')
  await page.keyboard.press('Enter')
  await focused('Move question 2 up')
  await page.keyboard.press('Enter')
  await focused('Move question 1 down')
  await form.getByRole('button', { name: 'Remove choice 1' }).press('Enter')
  await focused('Add choice')
  await page.keyboard.press('Enter')
  await form.getByRole('button', { name: 'Remove choice 1' }).press('Enter')
  await focused('Add choice')
  await page.keyboard.press('Enter')
  await form.getByRole('button', { name: 'Remove choice 3' }).press('Enter')
  await focused('Add choice')
})
