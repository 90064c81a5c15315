// After any mix of requests the books agree with what the upstream reported, to the token.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setStage } from '../support/stage.mjs';
import { anthropic, collect, openai } from './support.mjs';

let stage;
before(async () => { stage = await setStage(); });
after(() => stage?.close());

const messages = [{ role: 'user', content: 'Hello' }];
const PATHS = { oc: '/v1/chat/completions', or: '/v1/responses', an: '/v1/messages' };

/** A chat stream reports what it used only to those who ask; the router changes nothing of a request but its model. */
function streaming(stream) {
  return stream ? { stream, stream_options: { include_usage: true } } : { stream };
}

/** Two of each dialect and way, all at once. */
function everyKind() {
  const requests = [];
  for (const model of ['echo', 'think']) {
    for (const stream of [false, true]) {
      requests.push(
        ['oc', model, () => openai(stage).chat.completions.create({ model: `oc/${model}`, messages, ...streaming(stream) })],
        ['or', model, () => openai(stage).responses.create({ model: `or/${model}`, input: 'Hello', store: false, stream })],
        ['an', model, () => anthropic(stage).messages.create({ model: `an/${model}`, max_tokens: 9, messages, stream })],
      );
    }
  }
  return requests;
}

test("every request is one row, and the sums are the upstream's", async () => {
  const requests = everyKind();
  await Promise.all(requests.map(async ([, , send]) => {
    const answer = await send();
    if (answer[Symbol.asyncIterator]) await collect(answer);
  }));
  const { reported } = stage.upstream;
  assert.equal(reported.length, requests.length);
  const stats = await stage.router.history(requests.length);

  assert.equal(stats.totalRequests, requests.length);
  assert.equal(stats.totalPromptTokens, sum(reported, promptTokens));
  assert.equal(stats.totalCompletionTokens, sum(reported, (usage) => usage.output));

  const rows = Object.entries(stats.byEndpoint).map(([key, row]) => ({ key, ...row }));
  assert.equal(rows.length, 6, `expected an entry per endpoint and model: ${Object.keys(stats.byEndpoint)}`);
  for (const { key, endpoint, rawModel, provider, requests: count } of rows) {
    assert.equal(key, `${endpoint}|${rawModel}|${provider}`);
    assert.equal(count, 2);
    assert.equal(Object.values(PATHS).includes(endpoint), true, endpoint);
    assert.equal(['echo', 'think'].includes(rawModel), true, rawModel);
  }
  for (const view of ['byProvider', 'byModel', 'byAccount', 'byApiKey', 'byEndpoint']) {
    const entries = Object.values(stats[view]);
    const totals = ['requests', 'promptTokens', 'completionTokens'].map((field) => sum(entries, (entry) => entry[field]));
    assert.deepEqual(totals, [stats.totalRequests, stats.totalPromptTokens, stats.totalCompletionTokens], view);
  }
});

test('no key of anyone is in the statistics', async () => {
  const stats = JSON.stringify(await stage.router.api('GET', '/api/usage/history'));
  assert.equal(stats.includes(stage.key), false);
  assert.equal(stats.includes('upstream-key'), false);
});

test('a request that the upstream refuses is a row too, and costs nothing', async () => {
  const before = await stage.router.api('GET', '/api/usage/history');
  await openai(stage).chat.completions.create({ model: 'oc/error-400', messages }).catch(() => {});
  const stats = await stage.router.history(before.totalRequests + 1);
  assert.equal(stats.totalRequests, before.totalRequests + 1);
  assert.equal(stats.totalPromptTokens, before.totalPromptTokens);
});

test("without a session the statistics are nobody's business", async () => {
  const answer = await fetch(`${stage.router.url}/api/usage/history`);
  assert.equal(answer.status, 401);
});

/** Input as the books count it: what came from or went into a cache is input too. */
function promptTokens({ input, cacheRead, cacheWrite }) {
  return input + cacheRead + cacheWrite;
}

function sum(items, value) {
  return items.reduce((total, item) => total + value(item), 0);
}
