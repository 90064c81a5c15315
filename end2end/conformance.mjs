// Runs a directory of conformance cases against the real program, configured for every kind of upstream.
//
//   node conformance.mjs CASES [arguments of the cases' runner, such as --only or --dir]
//
// CASES holds `tools/run.py` and directories of cases, or is one directory of cases beside such a `tools`.
// Cases that we hold to be wrong are skipped, each with its reason, in conformance-skipped.json.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { startRouter } from './support/router.mjs';

/** What each `to` of the cases is here: a node's kind, its prefix, and a model for each class of models. */
const TARGETS = {
  'openai-chat': {
    kind: 'openai-compatible',
    prefix: 'chat',
    base: '/v1',
    models: { default: 'up-model', 'gpt-reasoning': 'gpt-5.5' },
  },
  anthropic: {
    kind: 'anthropic-compatible',
    prefix: 'ant',
    base: '/v1',
    models: { default: 'up-model', 'claude-budget': 'claude-sonnet-4-5', 'claude-adaptive': 'claude-opus-5' },
  },
  gemini: {
    kind: 'gemini-compatible',
    prefix: 'gem',
    base: '/v1beta',
    models: { default: 'up-model', 'gemini-3': 'gemini-3.1-pro-preview', 'gemini-2.5': 'gemini-2.5-flash' },
  },
  codex: { kind: 'codex-compatible', prefix: 'cdx', models: { default: 'gpt-5.5' } },
  'gemini-cli': {
    kind: 'gemini-cli-compatible',
    prefix: 'gcli',
    models: { default: 'gemini-2.5-pro', 'gemini-3': 'gemini-3.1-pro-preview' },
  },
  antigravity: {
    kind: 'antigravity-compatible',
    prefix: 'agy',
    models: { default: 'up-model', 'gemini-3': 'gemini-3.1-pro-preview' },
  },
  kiro: { kind: 'kiro-compatible', prefix: 'kiro', models: { default: 'claude-sonnet-4.5' } },
};

const [cases, ...rest] = process.argv.slice(2);
if (cases === undefined) {
  console.error('expected a directory of cases: node conformance.mjs CASES [--only TEXT] [--dir request|response|stream]');
  process.exit(2);
}

const work = await mkdtemp(join(tmpdir(), 'ninerouter-cases-'));
const router = await startRouter({ env: { REQUIRE_API_KEY: 'true' } });
try {
  const upstreamPort = await freePort();
  const models = {};
  for (const [to, { kind, prefix, base = '', models: names }] of Object.entries(TARGETS)) {
    const baseUrl = `http://127.0.0.1:${upstreamPort}${base}`;
    const { node } = await router.api('POST', '/api/provider-nodes', { type: kind, name: to, prefix, baseUrl, allowsPrivate: true });
    await router.api('POST', '/api/providers', {
      provider: node.id,
      name: to,
      apiKey: `sk-upstream-${prefix}`,
      defaultModel: names.default,
    });
    models[to] = Object.fromEntries(Object.entries(names).map(([name, model]) => [name, `${prefix}/${model}`]));
  }
  const { key } = await router.api('POST', '/api/keys', { name: 'cases' });
  const skipped = JSON.parse(await readFile(new URL('conformance-skipped.json', import.meta.url), 'utf8'));
  const config = join(work, 'config.json');
  await writeFile(
    config,
    JSON.stringify({ proxy: router.url, key, upstream_port: upstreamPort, timeout: 15, models, skip: Object.keys(skipped) }),
  );
  const runner = await runnerFor(resolve(cases));
  const report = join(work, 'report.json');
  const out = rest.includes('--out') ? [] : ['--out', report];
  const child = spawn('python3', [runner, config, ...rest, ...out], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
  if (out.length > 0 && (await exists(report))) {
    const results = Object.values(JSON.parse(await readFile(report, 'utf8')));
    const failed = results.filter(({ fails }) => fails.length > 0).length;
    console.log(`ℹ pass ${results.length - failed}\nℹ fail ${failed}\nℹ skipped ${Object.keys(skipped).length}`);
  }
} finally {
  await router.stop();
  await rm(work, { recursive: true, force: true });
}

/** The cases' own runner looks for cases beside itself, so a lone directory is put beside it. */
async function runnerFor(directory) {
  const own = join(directory, 'tools/run.py');
  if (await exists(own)) return own;
  const parents = [dirname(directory), join(directory, '../../shared/cases'), resolve('../../shared/cases')];
  for (const parent of parents) {
    if (!(await exists(join(parent, 'tools/run.py')))) continue;
    const kit = join(work, 'kit');
    await mkdir(join(kit, 'tools'), { recursive: true });
    await symlink(join(parent, 'tools/run.py'), join(kit, 'tools/run.py'));
    const entries = await readdir(directory, { withFileTypes: true });
    const inside = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    if (inside.length === 0) await symlink(directory, join(kit, 'cases'));
    for (const name of inside) await symlink(join(directory, name), join(kit, name));
    return join(kit, 'tools/run.py');
  }
  throw new Error(`expected tools/run.py in ${directory} or beside it`);
}

async function exists(path) {
  return access(path).then(() => true, () => false);
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
