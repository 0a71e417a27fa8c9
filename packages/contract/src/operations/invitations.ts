import Type from 'typebox'
import { membershipSchema } from '../schemas/account.ts'
import { pageParameters } from '../schemas/fields.ts'
import {
  createdInvitationSchema,
  invitationOfferSchema,
  invitationPageSchema,
  newInvitationSchema,
} from '../schemas/invitation.ts'
import { component, object } from '../schemas/object.ts'
import { changesNothing } from './audit.ts'
import { operation, operationTable } from './operation.ts'

/** The token is in the body, because proxies and logs keep the paths of requests. */
const tokenBody = component('InvitationToken', {
  token: Type.String({
    maxLength: 100,
    pattern: '^[A-Za-z0-9_-]+$',
    'x-expected': 'the token of an invitation, which is in its link after #',
  }),
})

export const invitationOperations = operationTable('People', {
  createInvitation: operation('POST /api/v1/clinics/{clinicId}/invitations', {
    summary: 'Invite somebody to a role',
    description:
      'Returns a link that works once, within 72 hours, for an account that has confirmed the address. If the server ' +
      'sends no e-mails (`needsConfirmedEmail: false`), addresses cannot be confirmed, and whoever opens the link ' +
      'and signs in or up gets the role. Another invitation for the same address replaces the open one. A repetition ' +
      'with the same Idempotency-Key does so too: the response contains a secret and is not stored.',
    access: 'admin',
    restrictedField: 'body.password',
    body: newInvitationSchema,
    responses: { 201: { description: 'The invitation with its link', schema: createdInvitationSchema } },
    ifLost: 'Create it again: it replaces the invitation that may exist, and its link is in the response.',
    audit: { kind: 'invitation_created', subject: 'response' },
    example: { body: { email: 'nobody@example.org', role: 'staff' } },
    problems: ['doctor_not_found', 'too_many_invitations', 'invited_too_often', 'password_wrong'],
  }),
  listInvitations: operation('GET /api/v1/clinics/{clinicId}/invitations', {
    summary: 'List a clinic’s open invitations',
    access: 'admin',
    query: object({ ...pageParameters }),
    responses: { 200: { description: 'A page of invitations', schema: invitationPageSchema } },
  }),
  revokeInvitation: operation('DELETE /api/v1/clinics/{clinicId}/invitations/{invitationId}', {
    summary: 'Revoke an open invitation',
    access: 'admin',
    responses: { 204: { description: 'The invitation is revoked' } },
    audit: { kind: 'invitation_revoked', subject: 'invitationId' },
  }),
  getInvitation: operation('POST /api/v1/invitations/find', {
    tag: 'Me',
    summary: 'Read what an invitation offers',
    access: 'anyone',
    body: tokenBody,
    responses: { 200: { description: 'The offer', schema: invitationOfferSchema } },
    clinic: 'invitation token',
    retry: 'runs again',
    audit: changesNothing,
    example: { body: { token: 'no-invitation' } },
    problems: ['invitation_not_found', 'invitation_expired', 'invitation_used'],
  }),
  acceptInvitation: operation('POST /api/v1/invitations/accept', {
    tag: 'Me',
    summary: 'Accept an invitation',
    description:
      'Gives the role to the account that is signed in. It must have confirmed the address that was invited, unless ' +
      'the server sends no e-mails. A repetition by this account changes nothing.',
    access: 'account',
    body: tokenBody,
    responses: { 200: { description: 'The new role', schema: membershipSchema } },
    clinic: 'invitation token',
    retry: 'runs again',
    audit: { kind: 'role_granted', byHandler: true },
    example: { body: { token: 'no-invitation' } },
    problems: [
      'invitation_not_found',
      'invitation_expired',
      'invitation_used',
      'already_member',
      'invitation_for_other_address',
    ],
  }),
})
