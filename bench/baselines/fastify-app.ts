import { errorHandler } from '@holdfast/server/edge/error-handler'
import { readJsonOnly } from '@holdfast/server/edge/json-bodies'
import { helmetHeaders, securityHeaders } from '@holdfast/server/edge/security-headers'
import { validatorCompiler } from '@holdfast/server/edge/validator'
import Fastify, { type FastifyInstance } from 'fastify'

/** Fastify as the product configures it: body parser, validation, headers, errors. No log, no metrics. */
export async function fastifyApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, forceCloseConnections: 'idle' })
  readJsonOnly(app)
  app.setValidatorCompiler(validatorCompiler())
  app.setErrorHandler(errorHandler)
  await app.register(securityHeaders, {
    corsOrigins: [],
    headers: await helmetHeaders({ isHttps: false, withSubdomains: false }),
  })
  return app
}
