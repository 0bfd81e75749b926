import { expect, it } from 'vitest';
import contract from '../../api/openapi.json';

// The contract's examples are the fixtures of other tests: each has every member that its schema names, in that order.

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
}

const schemas = contract.components.schemas as unknown as Record<string, Schema>;
const resolved = (schema: Schema): Schema => (schema.$ref ? schemas[schema.$ref.split('/').at(-1)!]! : schema);

function properties(schema: Schema): Record<string, Schema> {
  const { allOf = [], properties: own = {} } = resolved(schema);
  return Object.assign({}, ...allOf.map(properties), own) as Record<string, Schema>;
}

/** Names the objects of `value` whose members are not those of the schema. */
function differences(schema: Schema, value: unknown, where: string): string[] {
  const { items, oneOf = [] } = resolved(schema);
  if (Array.isArray(value)) {
    return items ? value.flatMap((item, index) => differences(items, item, `${where}[${index}]`)) : [];
  }
  if (value === null || typeof value !== 'object') return [];
  const members = properties(schema);
  if (Object.keys(members).length === 0) return oneOf.flatMap((one) => differences(one, value, where));
  const inner = Object.entries(value).flatMap(([name, of]) => differences(members[name] ?? {}, of, `${where}.${name}`));
  return Object.keys(value).join() === Object.keys(members).join() ? inner : [where, ...inner];
}

interface Answer {
  content?: { 'application/json'?: { schema?: Schema; example?: unknown } };
}
const answers = Object.entries(contract.paths).flatMap(([path, operations]) =>
  Object.entries(operations as Record<string, { responses: Record<string, Answer> }>).map(
    ([method, { responses }]) =>
      [`${method} ${path}`, responses['200']?.content?.['application/json']?.schema, responses['200']] as const,
  ),
);

it.each(answers.filter(([, schema]) => schema !== undefined))('the example of %s', (name, schema, answer) => {
  const { example } = answer!.content!['application/json']!;
  expect(example).toBeDefined();
  expect(differences(schema!, example, name)).toEqual([]);
});

it('the snapshot of the stream', () => {
  const [snapshot] = contract.paths['/api/v1/stream'].get['x-websocket'].examples;
  expect(differences(schemas['StreamSnapshot']!, snapshot, 'snapshot')).toEqual([]);
});
