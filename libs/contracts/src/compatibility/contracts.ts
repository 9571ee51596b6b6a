import { z } from 'zod';
import { ServiceNameSchema } from '../run.ts';
import { type JsonSchema, JsonSchemaSchema } from './json-schema.ts';

/** The JSON files of a contract directory by their path: `<topic>/schema.json`, `<topic>/<example>.json`, `http/<service>.json`. */
export type ContractFiles = Readonly<Record<string, unknown>>;

const ConditionsSchema = z.object({
  key: z.string(),
  owners: z.array(ServiceNameSchema),
  hearers: z.array(ServiceNameSchema).default([]),
  partitions: z.int(),
  retentionDays: z.int(),
  encoding: z.string(),
});

/** A topic as its committed schema tells of it, with golden examples of its messages by name. */
export interface TopicContract extends z.infer<typeof ConditionsSchema> {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly examples: Readonly<Record<string, unknown>>;
}

const ContentSchema = z.record(z.string(), z.looseObject({ schema: JsonSchemaSchema.default({}) })).default({});
const OperationSchema = z.looseObject({
  summary: z.string().optional(),
  parameters: z
    .array(
      z.looseObject({
        in: z.string(),
        name: z.string(),
        required: z.boolean().default(false),
        schema: JsonSchemaSchema.default({}),
      }),
    )
    .default([]),
  requestBody: z.looseObject({ required: z.boolean().default(false), content: ContentSchema }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: ContentSchema })).default({}),
  security: z.array(z.unknown()).default([]),
  'x-roles': z.array(z.string()).default([]),
});

/** A call of an HTTP API, as OpenAPI tells of it. */
export type HttpOperation = z.infer<typeof OperationSchema>;

/** The HTTP API of a service: its calls by `GET /v1/…`, and the schemas that they refer to. */
export interface HttpContract {
  readonly operations: ReadonlyMap<string, HttpOperation>;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** Everything that services promise to each other and to clients, at one time. */
export interface Contracts {
  readonly topics: ReadonlyMap<string, TopicContract>;
  /** By service. */
  readonly http: ReadonlyMap<string, HttpContract>;
}

const DocumentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), OperationSchema)),
  components: z.looseObject({ schemas: z.record(z.string(), JsonSchemaSchema).default({}) }).default({ schemas: {} }),
});

/** Reads contracts from the files of a directory. Throws a ZodError where a file is none of a contract. */
export function contractsOf(files: ContractFiles): Contracts {
  const topics = new Map<string, TopicContract>();
  const http = new Map<string, HttpContract>();
  for (const [path, content] of Object.entries(files)) {
    const [directory = '', file = ''] = path.split('/');
    if (directory === 'http') http.set(file.replace('.json', ''), httpContractOf(content));
    else if (file === 'schema.json') topics.set(directory, topicContractOf(directory, content, files));
  }
  return { topics, http };
}

function topicContractOf(name: string, content: unknown, files: ContractFiles): TopicContract {
  // What it says in words, and which words it is written in, is no promise.
  const { 'x-topic': conditions, description: _, $schema: __, ...schema } = JsonSchemaSchema.parse(content);
  const examples = Object.entries(files).filter(
    ([path]) => path.startsWith(`${name}/`) && !path.endsWith('/schema.json'),
  );
  return { name, schema, examples: Object.fromEntries(examples), ...ConditionsSchema.parse(conditions) };
}

function httpContractOf(content: unknown): HttpContract {
  const { paths, components } = DocumentSchema.parse(content);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
  return { operations: new Map(operations), schemas: components.schemas };
}
