import type { SwaggerTransformObject } from '@fastify/swagger';

interface Described {
  paths?: Record<string, Record<string, { responses?: Record<string, { content?: Record<string, unknown> }> }>>;
}

/** Problems are `application/problem+json`, and the document says so: a route's schemas cannot name a media type. */
export const withProblemMediaType: SwaggerTransformObject = (documentObject) => {
  if (!('openapiObject' in documentObject)) return documentObject.swaggerObject;
  const { openapiObject } = documentObject;
  const { paths = {} } = openapiObject as Described;
  for (const operations of Object.values(paths)) {
    for (const operation of Object.values(operations)) nameProblems(operation.responses ?? {});
  }
  return openapiObject;
};

function nameProblems(responses: Record<string, { content?: Record<string, unknown> }>): void {
  for (const [status, response] of Object.entries(responses)) {
    const schema = response.content?.['application/json'];
    if (/^[45]/.test(status) && schema !== undefined) response.content = { 'application/problem+json': schema };
  }
}
