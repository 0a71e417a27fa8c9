import Type, { type Static } from 'typebox'
import { passwordAgain, roleFields, roleSchema } from './account.ts'
import { email, nullableId, nullableText, pageOf } from './fields.ts'
import { component } from './object.ts'

export const newInvitationSchema = component('NewInvitation', {
  email: email({
    description: 'The address of the person invited: an account that has confirmed it can accept the invitation.',
  }),
  ...roleFields,
  password: passwordAgain,
})

const invitationFields = {
  id: Type.String({ format: 'uuid' }),
  email: Type.String(),
  role: roleSchema,
  doctorId: nullableId({ description: 'Role doctor: the doctor whose calendar it is' }),
  invitedByName: nullableText({ description: 'null: the account was deleted' }),
  createdAt: Type.String({ format: 'date-time' }),
  expiresAt: Type.String({ format: 'date-time', description: '72 hours after `createdAt`' }),
}

const invitationSchema = component('Invitation', invitationFields)

export type InvitationBody = Static<typeof invitationSchema>

export const invitationPageSchema = pageOf(invitationSchema, 'InvitationPage')

const needsConfirmedEmail = Type.Boolean({
  description:
    'true: only an account that has confirmed the address can accept it. false: this server sends no e-mails, so ' +
    'addresses cannot be confirmed, and whoever has the link gets the role',
})

export const createdInvitationSchema = component('CreatedInvitation', {
  ...invitationFields,
  link: Type.String({
    description: 'To pass on to the recipient. It is returned only here: only a hash of its token is stored.',
  }),
  needsConfirmedEmail,
})

/** What the bearer of an invitation's token may read of it. */
export const invitationOfferSchema = component('InvitationOffer', {
  clinicId: Type.String({ format: 'uuid' }),
  clinicName: Type.String(),
  email: Type.String({ description: 'Masked (`a…@example.org`): the link may have reached somebody else' }),
  needsConfirmedEmail,
  callersEmail: Type.Union(
    [Type.Literal('confirmed'), Type.Literal('unconfirmed'), Type.Literal('other'), Type.Literal('none')],
    {
      description:
        'Whether the account that sends the request has this address: `confirmed`, `unconfirmed`: the account has ' +
        'it, and has not confirmed it; `other`: it has another; `none`: the request has no account',
    },
  ),
  role: roleSchema,
  doctorName: nullableText({ description: 'Role doctor: whose calendar it is' }),
  expiresAt: Type.String({ format: 'date-time' }),
})
