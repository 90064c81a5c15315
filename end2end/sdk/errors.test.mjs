// What goes wrong arrives as the SDK's own error, in the upstream's own words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { setStage } from '../support/stage.mjs';
import { anthropic, collect, openai } from './support.mjs';

// Every test has its own router: a failing upstream puts its account to rest, which is not the next test's business.
let stage;
function withStage(name, run) {
  test(name, async () => {
    stage = await setStage();
    await run().finally(() => stage.close());
  });
}

const messages = [{ role: 'user', content: 'Hello' }];
const CLIENTS = [
  {
    name: 'chat', prefix: 'oc', vendor: OpenAI,
    send: (fields, options, call) => openai(stage, options).chat.completions.create({ messages, ...fields }, call),
  },
  {
    name: 'responses', prefix: 'or', vendor: OpenAI,
    send: (fields, options, call) => openai(stage, options).responses.create({ input: 'Hello', ...fields }, call),
  },
  {
    name: 'messages', prefix: 'an', vendor: Anthropic,
    send: (fields, options, call) => anthropic(stage, options).messages.create({ max_tokens: 100, messages, ...fields }, call),
  },
];

for (const { name, prefix, vendor, send } of CLIENTS) {
  withStage(`${name}: a wrong key is an AuthenticationError and reaches no upstream`, async () => {
    const error = await rejection(send({ model: `${prefix}/echo` }, { apiKey: 'sk-not-one-of-ours' }));
    assert.equal(error instanceof vendor.AuthenticationError, true, describe(error));
    assert.equal(stage.upstream.requests.length, 0);
  });

  withStage(`${name}: an unknown model is the client's mistake`, async () => {
    const error = await rejection(send({ model: 'nobody/knows-this' }));
    assert.equal(error instanceof vendor.NotFoundError || error instanceof vendor.BadRequestError, true, describe(error));
    assert.equal(error.message.includes('nobody/knows-this'), true, describe(error));
    assert.equal(stage.upstream.requests.length, 0);
  });

  withStage(`${name}: the upstream's 429 keeps its words and its retry-after`, async () => {
    for (const stream of [false, true]) {
      const error = await rejection(send({ model: `${prefix}/error-429`, stream }));
      assert.equal(error instanceof vendor.RateLimitError, true, describe(error));
      const retryAfter = Number(error.headers.get('retry-after'));
      assert.equal(retryAfter > 0 && retryAfter <= 7, true, `retry-after: ${error.headers.get('retry-after')}`);
      assert.equal(error.message.includes("the upstream's own words about 429"), true, describe(error));
    }
  });

  withStage(`${name}: the upstream's 400 is the client's and is not tried again`, async () => {
    const error = await rejection(send({ model: `${prefix}/error-400` }));
    assert.equal(error instanceof vendor.BadRequestError, true, describe(error));
    assert.equal(error.message.includes("the upstream's own words about 400"), true, describe(error));
    assert.equal(stage.upstream.requests.length, 1);
  });

  withStage(`${name}: the upstream's 500 is a server error`, async () => {
    const error = await rejection(send({ model: `${prefix}/error-500` }));
    assert.equal(error instanceof vendor.InternalServerError, true, describe(error));
    assert.equal(error.message.includes("the upstream's own words about 500"), true, describe(error));
  });

  withStage(`${name}: a stream that breaks off is an error, not an end`, async () => {
    const stream = await send({ model: `${prefix}/cut`, stream: true });
    const seen = [];
    const outcome = await (async () => { for await (const event of stream) seen.push(event); })().catch((error) => error);
    // The Responses dialect has an event of its own for this, which the SDK hands over without throwing.
    const failed = outcome instanceof Error || ['response.failed', 'error'].includes(seen.at(-1)?.type);
    assert.equal(failed, true, `the stream ended as if it were complete: ${JSON.stringify(seen.at(-1))}`);
    assert.equal(JSON.stringify(seen).includes('so far'), true);
  });

  withStage(`${name}: a client that leaves in the middle closes the upstream within a second`, async () => {
    const leave = new AbortController();
    const stream = await send({ model: `${prefix}/hang`, stream: true }, {}, { signal: leave.signal });
    const reading = collect(stream).catch(() => 'left');
    await sleep(100);
    leave.abort();
    const how = await Promise.race([stage.upstream.last().ended, sleep(1000, 'still open')]);
    assert.equal(how, 'aborted');
    await reading;
  });
}

async function rejection(promise) {
  const result = await promise.then(collectIfStream, (error) => error);
  assert.equal(result instanceof Error, true, `expected an error, got ${JSON.stringify(result)}`);
  return result;
}

function collectIfStream(answer) {
  return typeof answer?.[Symbol.asyncIterator] === 'function' ? collect(answer).catch((error) => error) : answer;
}

function describe(error) {
  return `${error.constructor.name} ${error.status}: ${error.message}`;
}
