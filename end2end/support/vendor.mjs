// The vendors whose accounts log in, played by one server of the test kit.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const TARGET = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../target', import.meta.url));
const BINARY = process.env.VENDOR_BIN ?? join(TARGET, 'debug/vendor');

/** The secret that the vendors take for theirs, as `testkit::vendor` has it. */
const SECRET = 'the-vendors-client-secret';

export async function startVendor() {
  await access(BINARY).catch(() => {
    throw new Error(`expected the vendors at ${BINARY}; build them with: cargo build -p testkit --bin vendor`);
  });
  const child = spawn(BINARY, [], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const url = line.replace('vendor: ', '');
  return {
    url,
    /** What the router needs to take these vendors for the real ones. */
    env: {
      VENDORS_URL: url,
      GEMINI_CLI_CLIENT_SECRET: SECRET,
      ANTIGRAVITY_CLIENT_SECRET: SECRET,
      IFLOW_CLIENT_SECRET: SECRET,
    },
    /** Tells the vendors what a person or they themselves do next; see `testkit/src/bin/vendor.rs`. */
    async order(orders) {
      const response = await fetch(`${url}/control`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(orders),
      });
      if (!response.ok) throw new Error(await response.text());
    },
    async close() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}
