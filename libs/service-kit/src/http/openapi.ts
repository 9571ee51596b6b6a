import type { SwaggerTransformObject } from '@fastify/swagger';

type Content = Record<string, { schema?: unknown }>;
interface Described {
  paths?: Record<string, Record<string, { responses?: Record<string, { content?: Content }> }>>;
  components?: { schemas?: Record<string, unknown> };
}

const reference = { $ref: '#/components/schemas/Problem' };

/**
 * Problems are `application/problem+json`, and the document says so: a route's schemas cannot name a media type. It
 * holds their schema once, for all routes.
 */
export const withProblemMediaType: SwaggerTransformObject = (documentObject) => {
  if (!('openapiObject' in documentObject)) return documentObject.swaggerObject;
  const { openapiObject } = documentObject;
  const described = openapiObject as Described;
  const answers = Object.values(described.paths ?? {}).flatMap((operations) =>
    Object.values(operations).flatMap(({ responses = {} }) => Object.entries(responses)),
  );
  for (const [status, answer] of answers) {
    const schema = answer.content?.['application/json']?.schema;
    if (!/^[45]/.test(status) || schema === undefined) continue;
    answer.content = { 'application/problem+json': { schema: reference } };
    described.components = { ...described.components, schemas: { ...described.components?.schemas, Problem: schema } };
  }
  return openapiObject;
};
