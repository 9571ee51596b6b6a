import { problemStatuses } from '@wewrite/contracts';
import type { Contracts, HttpOperation } from '@wewrite/contracts/compatibility';
import { schemaRowsOf } from '@wewrite/contracts/documents';
import { fieldTableOf, generatedNotice, tableOf } from './markdown.ts';

type Http = Contracts['http'];

/** `docs/api.md`: every call of every service, who may make it, what it takes and what it answers. */
export function apiDocumentOf(http: Http): string {
  const problems = Object.entries(problemStatuses).map(([code, status]) => [`\`${code}\``, `${status}`]);
  return `${[
    generatedNotice,
    '# HTTP API',
    `What clients call, at the gateway or at the service that owns a call. The same as OpenAPI 3.1 is served at
\`/openapi.json\`, with a page to try it at \`/docs\`; what services tell each other is in [events](events.md).`,
    `JSON, with amounts in US cents. Callers are known by a bearer token (JWT); a call names the roles that may make it.
POSTs take an \`Idempotency-Key\`: repeated with the same body it gives the same answer, with another it is refused. Lists
are paged by cursors. Unknown fields are refused in what is sent; clients ignore them, and take values that they do not know
for unknown ones, in what is answered.`,
    '## Problems',
    `Errors are \`application/problem+json\` (RFC 9457): \`code\`, \`status\`, \`detail\` (a sentence that says what to do), \`field\`
where one is at fault, \`traceId\`.`,
    tableOf(['code', 'status'], problems),
    ...[...http].flatMap(([service, { operations }]) => [
      `## ${service[0]?.toUpperCase()}${service.slice(1)}`,
      tableOf(
        ['call', 'what', 'roles'],
        [...operations].map(([name, operation]) => [`\`${name}\``, operation.summary ?? '', rolesOf(operation)]),
      ),
      ...[...operations].flatMap(([name, operation]) => callOf(name, operation)),
    ]),
  ].join('\n\n')}\n`;
}

function rolesOf(operation: HttpOperation): string {
  return operation.security.length === 0 ? 'anybody' : operation['x-roles'].join(', ');
}

function callOf(name: string, operation: HttpOperation): string[] {
  const parameters = operation.parameters.map((parameter) => {
    const [row] = schemaRowsOf({ type: 'object', properties: { value: parameter.schema } });
    return [
      `\`${parameter.name}\``,
      parameter.in,
      row?.type ?? 'anything',
      parameter.required ? 'always' : 'may be missing',
    ];
  });
  const body = Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) => [
    'Body:',
    fieldTableOf(schemaRowsOf(schema)),
  ]);
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  return [
    `### ${name}`,
    [operation.summary, `Roles: ${rolesOf(operation)}.`].filter(Boolean).join(' '),
    ...(parameters.length === 0 ? [] : [tableOf(['parameter', 'in', 'is', 'there'], parameters)]),
    ...body,
    ...answers.flatMap(([status, { content }]) => answerOf(status, Object.entries(content))),
  ];
}

function answerOf(
  status: string,
  content: readonly [string, { readonly schema: Parameters<typeof schemaRowsOf>[0] }][],
) {
  if (content.length === 0) return [`Answer ${status}, without a body.`];
  return content.flatMap(([mediaType, { schema }]) => {
    const rows = schemaRowsOf(schema);
    if (rows.length === 0) return [`Answer ${status}, ${schema.description ?? mediaType}.`];
    return [`Answer ${status}:`, fieldTableOf(rows)];
  });
}
