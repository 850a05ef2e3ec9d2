// node lint.mjs FILE: lints a schema with the recommended rules of @graphql-eslint, as they are.
// Prints each finding as a line of JSON; `reason` says why it is excused. Ends with status 1 where one is not.

import { readFile } from 'node:fs/promises';
import plugin from '@graphql-eslint/eslint-plugin';
import { Linter } from 'eslint';

const SCALARS = 'ID|String|Int|Long|Float|Decimal|DateTime|Date|Boolean';
const EXCUSED = [
  {
    rule: 'strict-id-in-types',
    message: /./,
    reason: 'pages, values, results and figures have no identity; all that has one is a Node, which demands `id: ID!`',
  },
  {
    rule: 'no-typename-prefix',
    message: /^Field "(\w+)Id" starts with the name of the parent type "\1"$/i,
    reason: "a key has one name everywhere: in the entry, its events, inputs, arguments, and other entries' fields",
  },
  {
    rule: 'no-typename-prefix',
    message: /^Field "snapshotTimestamp" /,
    reason: 'clients of earlier versions ask for it by this name',
  },
  {
    rule: 'no-unreachable-types',
    message: new RegExp(`^Input object type \`(${SCALARS})Filter\` is unreachable\\.$`),
    reason: 'every domain has the filters of all scalars, so that code of clients fits any domain',
  },
  {
    rule: 'no-unreachable-types',
    message: new RegExp(`^Scalar type \`(${SCALARS})\` is unreachable\\.$`),
    reason: 'only such a filter has it here',
  },
];

const schema = await readFile(process.argv[2], 'utf8');
const findings = new Linter().verify(
  schema,
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': plugin },
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema } } },
    rules: plugin.configs['flat/schema-recommended'].rules,
  },
  { filename: 'schema.graphql' },
);
for (const { ruleId, message, line } of findings) {
  const rule = (ruleId ?? 'none').replace('@graphql-eslint/', '');
  const excuse = EXCUSED.find((each) => each.rule === rule && each.message.test(message));
  if (!excuse) process.exitCode = 1;
  console.log(JSON.stringify({ line, rule, message, reason: excuse?.reason ?? null }));
}
