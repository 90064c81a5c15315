// A provider on loopback that speaks the formats of five vendors as the vendors do.
//
// The model's name chooses what happens (see scenarios.mjs). It remembers every request as it came, and what
// usage it reported, so that a test can assert both ends.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as anthropic from './dialects/anthropic.mjs';
import * as chat from './dialects/chat.mjs';
import * as gemini from './dialects/gemini.mjs';
import * as ollama from './dialects/ollama.mjs';
import * as responses from './dialects/responses.mjs';
import { turnFor } from './scenarios.mjs';

const DIALECTS = [anthropic, chat, gemini, ollama, responses];

/** Listens on a free port; `close()` also breaks off what is still under way. */
export async function startUpstream() {
  const requests = [];
  const reported = [];
  const server = createServer((incoming, outgoing) => {
    // A mistake of the script must fail a test, and not leave it waiting.
    serve({ incoming, outgoing, requests, reported }).catch((error) => {
      console.error(error);
      outgoing.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const origin = `http://127.0.0.1:${server.address().port}`;

  return {
    origin,
    /** The base URL of a node of OpenAI's or Anthropic's kind. */
    url: `${origin}/v1`,
    /**
     * `{method, path, headers, body, said, ended}`: `said` is what the body says, in no vendor's format;
     * `ended` resolves to `'complete'` or `'aborted'`.
     */
    requests,
    /** The usage of every reply that reached its end: `{model, input, cacheRead, cacheWrite, output, reasoning}`. */
    reported,
    last: () => requests.at(-1),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve({ incoming, outgoing, requests, reported }) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { pathname: path, searchParams: query } = new URL(incoming.url, 'http://upstream');
  const request = {
    method: incoming.method,
    path,
    headers: incoming.headers,
    body: text === '' ? null : JSON.parse(text),
    ended: once(outgoing, 'close').then(() => (outgoing.writableFinished ? 'complete' : 'aborted')),
  };
  if (path === '/v1/models') return sendJson(outgoing, 200, modelList());
  const dialect = DIALECTS.find(({ ROUTE }) => ROUTE.test(path));
  if (!dialect) return sendJson(outgoing, 404, { error: { message: `no route ${path}` } });
  requests.push(request);

  let asked;
  try {
    asked = dialect.asks({ path, query, body: request.body });
    request.said = dialect.read(request.body);
  } catch (refusal) {
    return sendError(outgoing, dialect, { status: 400, message: refusal.message });
  }
  const turn = turnFor({ model: asked.model, number: requests.length, said: request.said });
  if (turn.error) return sendError(outgoing, dialect, turn.error);
  const report = () => reported.push({ model: turn.model, ...dialect.told(turn.usage) });
  if (asked.stream) return sendStream(outgoing, dialect, turn, request.body, report);
  await hold(turn, outgoing);
  if (!outgoing.destroyed) {
    report();
    sendJson(outgoing, 200, dialect.answer(turn, request.body));
  }
}

/** `slow` takes its time, `hang` never answers, `cut` breaks the connection off. */
async function hold(turn, outgoing) {
  if (turn.pause) await sleep(turn.pause * turn.pieces.length);
  if (turn.end === 'cut') outgoing.destroy();
  if (turn.end === 'hang') await once(outgoing, 'close');
}

async function sendStream(outgoing, dialect, turn, body, report) {
  const type = dialect.CONTENT_TYPE ?? 'text/event-stream; charset=utf-8';
  outgoing.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' });
  for (const frame of dialect.stream(turn, body)) {
    if (outgoing.destroyed) return;
    if (frame === 'interrupt') {
      if (turn.end === 'cut') return outgoing.destroy();
      if (turn.end === 'short') return outgoing.end();
      if (turn.end === 'hang') return;
      continue;
    }
    if (frame === 'tear') {
      if (turn.end === 'torn') return outgoing.end();
      continue;
    }
    if (frame === 'pause') {
      if (turn.pause) await sleep(turn.pause);
      continue;
    }
    await send(outgoing, frame);
  }
  if (turn.end === 'complete') report();
  outgoing.end();
}

/** In two writes, wherever that cuts: networks respect neither frames nor characters. */
async function send(outgoing, frame) {
  const bytes = Buffer.from(frame);
  const middle = Math.floor(bytes.length / 2);
  for (const half of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
    await new Promise((resolve) => outgoing.write(half, resolve));
  }
}

function sendError(outgoing, dialect, error) {
  const retryAfter = error.status === 429 ? { 'retry-after': String(error.retryAfter) } : {};
  sendJson(outgoing, error.status, dialect.error(error), dialect.errorHeaders?.() ?? retryAfter);
}

function sendJson(outgoing, status, body, headers = {}) {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
  outgoing.end(JSON.stringify(body));
}

function modelList() {
  const data = ['echo', 'tools', 'think'].map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'test' }));
  return { object: 'list', data };
}
