// Says what AsyncAPI's own parser finds in a document, an object of JSON a line. Ends with status 1 where that is more than advice.

import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(await readFile(process.argv[2], 'utf8'));
for (const each of diagnostics) {
  console.log(JSON.stringify({ severity: each.severity, code: each.code, message: each.message, path: each.path }));
}
process.exitCode = document && diagnostics.every((each) => each.severity > 1) ? 0 : 1;
