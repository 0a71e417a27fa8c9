import { accountPeopleMax, lengths, personRelations } from '@holdfast/vocabulary'
import Type from 'typebox'
import { localDate, name, nullable } from './fields.ts'
import { nullableLiterals } from './literals.ts'
import { component } from './object.ts'

const fields = {
  name: name(lengths.name, { description: 'As a booking for the person has it' }),
  birthDate: nullable<string>({ ...localDate() }, { description: 'null: not known. Clinics do not get it' }),
  relation: nullableLiterals(personRelations, {
    description: 'What the person is to the owner of the account. null: not known. Clinics do not get it',
  }),
}

export const newAccountPersonSchema = component('NewAccountPerson', {
  name: fields.name,
  birthDate: Type.Optional(fields.birthDate),
  relation: Type.Optional(fields.relation),
})

export const accountPersonChangeSchema = component('AccountPersonChange', {
  name: Type.Optional(fields.name),
  birthDate: Type.Optional(fields.birthDate),
  relation: Type.Optional(fields.relation),
})

export const accountPersonSchema = component('AccountPerson', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  birthDate: nullable<string>({ type: 'string', format: 'date' }),
  relation: fields.relation,
})

export const accountPersonListSchema = component('AccountPersonList', {
  items: Type.Array(accountPersonSchema, { description: `All of the account: at most ${accountPeopleMax}` }),
})
