// Every vendor's SDK over every kind of upstream: what its user sees, and what the upstream was sent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRouter } from '../support/router.mjs';
import { FAILURE } from '../support/scenarios.mjs';
import { startUpstream } from '../support/upstream.mjs';
import * as anthropic from './clients/anthropic.mjs';
import * as chat from './clients/chat.mjs';
import * as gemini from './clients/gemini.mjs';
import * as ollama from './clients/ollama.mjs';
import * as responses from './clients/responses.mjs';

const CLIENTS = [chat, responses, anthropic, gemini, ollama];

/** `family` is what a router may know of the model, `old` one that knows no schemas; `path` is where the vendor's own base URL ends. */
const UPSTREAMS = [
  { name: 'openai-chat', kind: 'openai-compatible', apiType: 'chat', path: '/v1', family: '' },
  { name: 'openai-responses', kind: 'openai-compatible', apiType: 'responses', path: '/v1', family: 'gpt-5.5-' },
  { name: 'anthropic', kind: 'anthropic-compatible', path: '/v1', family: 'claude-sonnet-4-5-', old: 'claude-3-7-sonnet-' },
  { name: 'gemini', kind: 'gemini-compatible', path: '/v1beta', family: 'gemini-3.1-pro-preview-' },
  { name: 'ollama', kind: 'ollama-compatible', path: '', family: '' },
];

const SYSTEM = 'Be brief.';
const QUESTION = 'Grüße, 世界 🙂';
const THOUGHT = 'First I think about it.';
const CALLS = ['Paris', 'Oslo'].map((city) => ({ name: 'get_weather', arguments: { city, unit: 'celsius' } }));
const WEATHER = {
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'kelvin'] } },
    required: ['city'],
  },
};
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, degrees: { type: 'integer' } },
  required: ['city', 'degrees'],
  additionalProperties: false,
};

let upstream;
let router;
let key;
before(async () => {
  upstream = await startUpstream();
  router = await startRouter();
  key = await router.addKey('matrix');
});
after(async () => {
  await router?.stop();
  await upstream?.close();
});

for (const client of CLIENTS) {
  for (const target of UPSTREAMS) {
    const over = (what, run) => test(`${client.name} SDK over ${target.name}: ${what}`, run);
    const talk = (scenario, options) => conversation(client, target, scenario, options);

    over('answers whole', async () => {
      const view = await (await talk('echo')).whole(QUESTION);
      assert.deepEqual(view, echoed(client));
      assertAsked();
      assertKeysApart(target);
    });

    over('streams', async () => {
      const view = await (await talk('echo')).streamed(QUESTION);
      assert.deepEqual(view, echoed(client));
      assertAsked();
    });

    over('answers whole with two parallel calls', async () => {
      const view = await (await talk('agent', { tools: [WEATHER], thinks: true })).whole(QUESTION);
      assert.deepEqual(withoutIds(view), called(client, target));
      assertIds(client, view.calls);
    });

    over('streams two parallel calls and takes their results', async () => {
      const conversation = await talk('agent', { tools: [WEATHER], thinks: true });
      const asked = await conversation.streamed(QUESTION);
      assert.deepEqual(withoutIds(asked), called(client, target));
      assertIds(client, asked.calls);
      assert.deepEqual(saidUpstream().tools, [{ name: WEATHER.name, parameters: WEATHER.parameters }]);

      const thinksOn = isShownMoreThoughts(client, target);
      const answered = await conversation.answered([
        { call: asked.calls[0], text: 'mild' },
        { call: asked.calls[1], text: 'cold' },
      ]);
      assert.deepEqual(saidUpstream().turns, [
        { role: 'user', text: QUESTION },
        {
          role: 'assistant',
          text: 'Let me look.',
          calls: [{ ...CALLS[0], result: 'mild' }, { ...CALLS[1], result: 'cold' }],
        },
      ]);
      assert.deepEqual(answered, {
        text: 'the tools said: mild and cold',
        thinking: thinksOn ? THOUGHT : '',
        calls: [],
        reason: client.reasons.done,
        usage: reported(client),
      });
    });

    for (const way of ['whole', 'streamed']) {
      over(`says that an answer met its limit (${way})`, async () => {
        const view = await (await talk('limit'))[way](QUESTION);
        assert.deepEqual(view, { ...echoed(client), reason: client.reasons.limit });
      });

      over(`a 429 keeps its words and says when to come back (${way})`, async () => {
        const conversation = await talk('error-429');
        const error = await rejection(conversation[way](QUESTION));
        const { isOwn, status, message, retryAfter } = client.failure(error);
        assert.equal(isOwn, true, describe(error));
        assert.equal(status, 429, describe(error));
        assert.equal(message.includes("the upstream's own words about 429"), true, describe(error));
        assert.equal(conversation.heard.retryAfter ?? retryAfter, '7');
      });
    }

    over('an error instead of a stream keeps its words', async () => {
      const error = await rejection((await talk('refuse')).streamed(QUESTION));
      assert.equal(client.failure(error).isOwn, true, describe(error));
      assert.equal(client.failure(error).message.includes(FAILURE), true, describe(error));
    });

    over('an error in mid-stream keeps its words', async () => {
      const conversation = await talk('fail');
      const error = await rejection(conversation.streamed(QUESTION));
      assert.equal(client.failure(error).isOwn, true, describe(error));
      assert.equal(client.failure(error).message.includes(FAILURE), true, describe(error));
      assert.equal(conversation.heard.text, 'so far so good');
    });

    for (const [scenario, how] of [['cut', 'breaks off'], ['short', 'merely stops']]) {
      over(`a stream that ${how} is an error`, async () => {
        const conversation = await talk(scenario);
        const error = await rejection(conversation.streamed(QUESTION));
        assert.equal(client.failure(error).isOwn, true, describe(error));
        assert.equal(conversation.heard.text, 'so far so good');
      });
    }

    over('a call that is torn is an error', async () => {
      const conversation = await talk('torn', { tools: [WEATHER] });
      const error = await rejection(conversation.streamed(QUESTION));
      assert.equal(client.failure(error).isOwn, true, describe(error));
      assert.equal(conversation.heard.text, 'Let me look.');
    });

    for (const way of ['whole', 'streamed']) {
      over(`a JSON schema arrives as one (${way})`, async () => {
        const view = await (await talk('schema', { schema: SCHEMA }))[way](QUESTION);
        assert.deepEqual(saidUpstream().schema, SCHEMA);
        assertStructured(client, view);
      });

      // What a vendor's own SDK asks of it, it must answer for itself.
      if (target.old === undefined || client.name === target.name) continue;
      over(`a JSON schema arrives as a tool where that is all there is (${way})`, async () => {
        const old = { ...target, family: target.old };
        const view = await (await conversation(client, old, 'schema', { schema: SCHEMA }))[way](QUESTION);
        const { tools, forced } = saidUpstream();
        assert.deepEqual(tools, [{ name: forced, parameters: SCHEMA }]);
        assertStructured(client, view);
      });
    }
  }
}

/** A conversation with a provider of its own: that it failed in one test is not the next test's business. */
let nodes = 0;
async function conversation(client, target, scenario, options) {
  nodes += 1;
  const prefix = `node${nodes}`;
  const { id } = await router.addNode({ ...target, name: `${target.name} ${nodes}`, prefix, baseUrl: `${upstream.origin}${target.path}` });
  await router.addAccount({ provider: id, apiKey: 'upstream-key', name: prefix });
  const model = `${prefix}/${target.family}${scenario}`;
  return client.converse({ router: router.url, key, model, system: SYSTEM, ...options });
}

/** What the upstream read in the last request. */
function saidUpstream() {
  return upstream.last().said;
}

/** The upstream was asked the question, and nothing else. */
function assertAsked() {
  const { system, turns, tools, schema } = saidUpstream();
  assert.deepEqual({ system, turns, tools, schema }, { system: SYSTEM, turns: [{ role: 'user', text: QUESTION }], tools: [], schema: undefined });
}

/** The last usage that the upstream reported, as far as the client's format can say it. */
function reported({ counts }) {
  const { input, cacheRead, cacheWrite, output, reasoning } = upstream.reported.at(-1);
  const all = { prompt: input + cacheRead + cacheWrite, cacheRead, cacheWrite, output, reasoning };
  return Object.fromEntries(counts.map((count) => [count, all[count]]));
}

function echoed(client) {
  return { text: `echo: ${QUESTION}`, thinking: '', calls: [], reason: client.reasons.done, usage: reported(client) };
}

function assertStructured(client, view) {
  assert.deepEqual({ ...view, text: JSON.parse(view.text) }, { ...echoed(client), text: { city: 'Paris', degrees: 21 } });
}

function called(client, target) {
  const thinking = isShownThoughts(client, target) ? THOUGHT : '';
  return { text: 'Let me look.', thinking, calls: CALLS, reason: client.reasons.tools, usage: reported(client) };
}

function withoutIds(view) {
  return { ...view, calls: view.calls.map(({ id, ...call }) => call) };
}

/** OpenAI shows summaries to verified organisations alone, so they are asked for only where the client asks. */
function isShownThoughts(client, target) {
  return target.name !== 'openai-responses' || client.asksForThoughts;
}

/** Anthropic thinks on after a call only if it gets its thoughts back, signed: some formats cannot carry that. */
function isShownMoreThoughts(client, target) {
  return isShownThoughts(client, target) && (target.name !== 'anthropic' || client.carriesProofs);
}

/** Where a format has no ids there may be none, but never one twice. */
function assertIds({ hasIds }, calls) {
  const ids = calls.map(({ id }) => id).filter((id) => id !== undefined);
  assert.equal(new Set(ids).size, ids.length, `ids: ${ids}`);
  if (hasIds) assert.deepEqual(ids.map((id) => typeof id === 'string' && id !== ''), [true, true]);
}

/** The upstream got its own key where the vendor looks for it, and nothing of the client's. */
function assertKeysApart({ kind }) {
  const { headers, body } = upstream.last();
  const places = { 'anthropic-compatible': 'x-api-key', 'gemini-compatible': 'x-goog-api-key' };
  const sent = kind in places ? headers[places[kind]] : headers.authorization?.replace(/^Bearer /u, '');
  assert.equal(sent, 'upstream-key');
  assert.equal(JSON.stringify([headers, body]).includes(key), false, "the client's key reached the upstream");
}

async function rejection(promise) {
  const outcome = await promise.catch((error) => error);
  assert.equal(outcome instanceof Error, true, `expected an error, got ${JSON.stringify(outcome)}`);
  return outcome;
}

function describe(error) {
  return `${error.constructor.name}: ${error.message}`;
}
