// The real program, started as a person would start it, with its own data directory and a free port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const PASSWORD = 'a password for tests only';

/** The binary under test. */
export const BINARY = process.env.NINEROUTER_BIN ?? join(targetDir(), 'release/ninerouter');

function targetDir() {
  return process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../target', import.meta.url));
}

/**
 * Starts the router and signs in.
 *
 * `password: null` leaves the first run to the test: no administrator, nobody signed in.
 */
export async function startRouter({ password = PASSWORD, env = {} } = {}) {
  await access(BINARY).catch(() => {
    throw new Error(`expected the program at ${BINARY}; build it with: cargo leptos build --release`);
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'ninerouter-'));
  const child = spawn(BINARY, [], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: dataDir,
      RUST_LOG: process.env.RUST_LOG ?? 'info',
      DATA_DIR: dataDir,
      PORT: '0',
      ...(password !== null && { INITIAL_PASSWORD: password }),
      ...env,
    },
  });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const router = new Router({ child, dataDir, log, url: await announcedUrl(child, log) });
  await router.healthy();
  if (password !== null) await router.signIn(password);
  return router;
}

/** The address from the line `dashboard: http://…` on stdout. */
async function announcedUrl(child, log) {
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line);
      const found = /^dashboard: (http:\/\/\S+?)\/?$/u.exec(line);
      if (found) resolve(found[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the program ended with ${code} before it listened:\n${log.join('\n')}`)));
    setTimeout(() => reject(new Error(`no dashboard line within 20 s:\n${log.join('\n')}`)), 20_000).unref();
  });
  return url.replace(/\/dashboard$/u, '');
}

class Router {
  #child;
  #dataDir;
  #cookie = '';

  constructor({ child, dataDir, log, url }) {
    this.#child = child;
    this.#dataDir = dataDir;
    /** Every line the program printed. */
    this.log = log;
    /** `http://127.0.0.1:PORT`. */
    this.url = url;
  }

  async healthy() {
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await fetch(`${this.url}/api/health`).then((response) => response.json(), () => null);
      if (answer?.ok === true) return;
      await sleep(50);
    }
    throw new Error(`/api/health never said {"ok":true}:\n${this.log.join('\n')}`);
  }

  /** Keeps the session for `api`. */
  async signIn(password = PASSWORD) {
    const response = await fetch(`${this.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    });
    if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
    this.#cookie = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
  }

  /** The session as Playwright wants its cookies. */
  get cookies() {
    return this.#cookie.split('; ').map((pair) => {
      const [name, ...value] = pair.split('=');
      return { name, value: value.join('='), url: this.url };
    });
  }

  /** A call to the management API; anything but a 2xx throws with the answer's words. */
  async api(method, path, body) {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { cookie: this.#cookie, ...(body !== undefined && { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** A provider node of the user's own; `kind` is `openai-compatible` or `anthropic-compatible`. */
  async addNode({ name, prefix, baseUrl, kind, apiType = 'chat' }) {
    const body = { name, prefix, baseUrl, allowsPrivate: true, type: kind, ...(kind === 'openai-compatible' && { apiType }) };
    const { node } = await this.api('POST', '/api/provider-nodes', body);
    return node;
  }

  /** An account with a provider or node. */
  async addAccount({ provider, apiKey, name }) {
    const { connection } = await this.api('POST', '/api/providers', { provider, apiKey, name });
    return connection;
  }

  /** A key for clients; the text of it. */
  async addKey(name) {
    const { key } = await this.api('POST', '/api/keys', { name });
    return key;
  }

  /** The usage statistics once `count` requests are recorded: rows are written behind the answer. */
  async history(count) {
    let stats;
    for (let tries = 0; tries < 60; tries += 1) {
      stats = await this.api('GET', '/api/usage/history');
      if (stats.totalRequests >= count) break;
      await sleep(50);
    }
    return stats;
  }

  /** Asks the program to end, as a service manager does, and insists that it ends well. */
  async stop() {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(impatience);
    }
    await rm(this.#dataDir, { recursive: true, force: true });
    if (this.#child.exitCode !== 0) {
      const how = this.#child.signalCode ?? this.#child.exitCode;
      throw new Error(`expected the program to end with 0 on SIGTERM, it ended with ${how}:\n${this.log.join('\n')}`);
    }
  }
}
