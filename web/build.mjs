// Writes GraphiQL as one page with everything inside: gateway/_bundled/graphiql.html.
//
// The page asks its own address for data (no endpoint is written into it) and subscribes over a websocket
// (graphql-transport-ws) on the same path, so that it works behind any host, port or prefix, and with no network at all.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'gateway', '_bundled', 'graphiql.html');
const license = join(here, 'node_modules', '@graphql-yoga', 'render-graphiql', 'LICENSE');

// The gateway puts operations of its domain in here, gateway/graphiql.py.
const defaultTabs = [];

const page = renderGraphiQL({ title: 'Hazelgate', subscriptionsProtocol: 'WS', defaultTabs });
const notice = `<!--\n${(await readFile(license, 'utf8')).trim()}\n-->\n`;

await mkdir(dirname(target), { recursive: true });
await writeFile(`${target}.part`, page.trimStart().replace('<!doctype html>\n', `<!doctype html>\n${notice}`));
await rename(`${target}.part`, target);
