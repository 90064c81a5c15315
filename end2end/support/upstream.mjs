// A provider on loopback that speaks OpenAI chat, Responses and Anthropic as the vendors do.
//
// The model's name chooses what happens (see scenarios.mjs). It remembers every request as it came, and what
// usage it reported, so that a test can assert both ends.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as anthropic from './dialects/anthropic.mjs';
import * as chat from './dialects/chat.mjs';
import * as responses from './dialects/responses.mjs';
import { turnFor } from './scenarios.mjs';

const DIALECTS = {
  '/v1/chat/completions': chat,
  '/v1/responses': responses,
  '/v1/messages': anthropic,
};

/** Listens on a free port; `close()` also breaks off what is still under way. */
export async function startUpstream() {
  const requests = [];
  const reported = [];
  const server = createServer((incoming, outgoing) => serve({ incoming, outgoing, requests, reported }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    /** The base URL that a provider node is given. */
    url: `http://127.0.0.1:${server.address().port}/v1`,
    /** `{method, path, headers, body, ended}`; `ended` resolves to `'complete'` or `'aborted'`. */
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
  const path = new URL(incoming.url, 'http://upstream').pathname;
  const request = {
    method: incoming.method,
    path,
    headers: incoming.headers,
    body: text === '' ? null : JSON.parse(text),
    ended: once(outgoing, 'close').then(() => (outgoing.writableFinished ? 'complete' : 'aborted')),
  };
  if (path === '/v1/models') return sendJson(outgoing, 200, modelList());
  const dialect = DIALECTS[path];
  if (!dialect) return sendJson(outgoing, 404, { error: { message: `no route ${path}` } });
  requests.push(request);

  const turn = turnFor({ body: request.body, number: requests.length, input: dialect.input(request.body) });
  if (turn.error) return sendError(outgoing, dialect, turn);
  const report = () => reported.push({ model: turn.model, ...turn.usage });
  if (request.body.stream) return sendStream(outgoing, dialect, turn, request.body, report);
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
  outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  for (const frame of dialect.stream(turn, body)) {
    if (outgoing.destroyed) return;
    if (frame === 'interrupt') {
      await sleep(20);
      if (turn.end === 'cut') return outgoing.destroy();
      if (turn.end === 'hang') return;
      continue;
    }
    if (frame === 'pause') {
      if (turn.pause) await sleep(turn.pause);
      continue;
    }
    outgoing.write(frame);
  }
  report();
  outgoing.end();
}

function sendError(outgoing, dialect, turn) {
  const headers = turn.error.status === 429 ? { 'retry-after': String(turn.error.retryAfter) } : {};
  sendJson(outgoing, turn.error.status, dialect.error(turn.error), headers);
}

function sendJson(outgoing, status, body, headers = {}) {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
  outgoing.end(JSON.stringify(body));
}

function modelList() {
  const data = ['echo', 'tools', 'think'].map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'test' }));
  return { object: 'list', data };
}
