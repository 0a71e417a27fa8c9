import Type from 'typebox'
import {
  jwksSchema,
  jwtSchema,
  signedInSchema,
  signedOutSchema,
  signInSchema,
  signUpSchema,
} from '../schemas/account.ts'
import { operation } from './operation.ts'

/** better-auth's calls, as far as we promise them. They are served by the accounts plugin, not by the REST routes. */
export const accountOperations = {
  signUp: operation({
    id: 'signUp',
    method: 'POST',
    url: '/api/auth/sign-up/email',
    tag: 'Accounts',
    summary: 'Sign up',
    access: 'anyone',
    body: signUpSchema,
    answers: {
      200: {
        description: 'Signed up and in',
        schema: signedInSchema,
        headers: { 'set-auth-token': 'The session token, for Bearer' },
      },
    },
    problems: ['email_taken'],
  }),
  signIn: operation({
    id: 'signIn',
    method: 'POST',
    url: '/api/auth/sign-in/email',
    tag: 'Accounts',
    summary: 'Sign in',
    description: 'Sets the session cookie for browsers; programs use `token` as Bearer. Sessions last 30 days.',
    access: 'anyone',
    body: signInSchema,
    answers: {
      200: {
        description: 'Signed in',
        schema: signedInSchema,
        headers: { 'set-auth-token': 'The session token, for Bearer' },
      },
    },
    problems: ['unauthenticated'],
  }),
  signOut: operation({
    id: 'signOut',
    method: 'POST',
    url: '/api/auth/sign-out',
    tag: 'Accounts',
    summary: 'Sign out: the session ends',
    access: 'account',
    body: Type.Object({}, { additionalProperties: true }),
    bodyOptional: true,
    answers: { 200: { description: 'Signed out', schema: signedOutSchema } },
    problems: [],
  }),
  getToken: operation({
    id: 'getToken',
    method: 'GET',
    url: '/api/auth/token',
    tag: 'Accounts',
    summary: 'A short-lived JWT of the session',
    access: 'account',
    answers: { 200: { description: 'The token', schema: jwtSchema } },
    problems: [],
  }),
  getJwks: operation({
    id: 'getJwks',
    method: 'GET',
    url: '/api/auth/jwks',
    tag: 'Accounts',
    summary: 'The keys that sign JWTs',
    access: 'anyone',
    answers: { 200: { description: 'JSON Web Key Set', schema: jwksSchema } },
    problems: [],
  }),
}
