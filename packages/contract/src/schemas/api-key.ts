import { apiKeyLimits, apiKeyScopes } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { passwordAgain } from './account.ts'
import { integerWithin, name, nullableText, nullableTime, time } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const scopes = Type.Array(literals(apiKeyScopes, { title: 'ApiKeyScope' }), {
  minItems: 1,
  maxItems: apiKeyScopes.length,
  uniqueItems: true,
  description: 'What the key may do. Each operation says which scope it needs',
})

const { min, max, default: bookingsDefault } = apiKeyLimits.bookingsPerSecond
const { default: overlapDefault, ...overlap } = apiKeyLimits.overlapHours

export const newApiKeySchema = component('NewApiKey', {
  name: name(apiKeyLimits.name, { description: 'What the program is called, as the security log names it' }),
  scopes,
  expiresAt: Type.Optional(time({ description: 'When the key ends. Absent: it does not expire' })),
  bookingsPerSecond: Type.Optional(
    Type.Integer({
      ...integerWithin({ min, max }),
      default: bookingsDefault,
      description: 'How many bookings the key may make in a second. Of all requests it may send ten times as many',
    }),
  ),
  password: passwordAgain,
})

export const apiKeyRotationSchema = component('ApiKeyRotation', {
  overlapHours: Type.Optional(
    Type.Integer({
      ...integerWithin(overlap),
      default: overlapDefault,
      description: 'For how many hours the key until now is valid as well. 0: it ends now',
    }),
  ),
  password: passwordAgain,
})

const apiKeyFields = {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  scopes,
  bookingsPerSecond: Type.Integer(),
  createdByName: nullableText({ description: 'Who created it; null: the account was deleted' }),
  createdAt: Type.String({ format: 'date-time' }),
  rotatedAt: nullableTime({ description: 'When it got its present secret; null: when it was created' }),
  expiresAt: nullableTime({ description: 'null: it does not expire' }),
  lastUsedAt: nullableTime({ description: 'To the minute; null: it was never used' }),
  previousUntil: nullableTime({ description: 'Until when the key before the last rotation is valid as well' }),
}

export const apiKeySchema = component('ApiKey', apiKeyFields)

export const apiKeyListSchema = component('ApiKeyList', {
  items: Type.Array(apiKeySchema, { description: `All of the clinic: at most ${apiKeyLimits.keysMax}` }),
})

export const apiKeyWithSecretSchema = component('ApiKeyWithSecret', {
  ...apiKeyFields,
  key: Type.String({
    description: 'hfk_… Send it as `Authorization: Bearer hfk_…`. It is returned only here: only a hash is stored',
  }),
})

export type ApiKeyBody = Static<typeof apiKeySchema>
