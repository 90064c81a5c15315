// What the SDK tests share: clients of the official libraries, and what the upstream must have been sent.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { UPSTREAM_KEYS } from '../support/stage.mjs';

export function openai(stage, options = {}) {
  return new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0, ...options });
}

export function anthropic(stage, options = {}) {
  return new Anthropic({ baseURL: stage.router.url, apiKey: stage.key, maxRetries: 0, ...options });
}

/** The upstream got the client's body with the model's own name, under the upstream's key and nobody else's. */
export function assertForwarded(stage, { prefix, sent, path }) {
  const { headers, body, path: reached } = stage.upstream.last();
  assert.equal(reached, path);
  assert.equal(sent.model.startsWith(`${prefix}/`), true, 'the test names its model as `prefix/model`');
  const expected = { ...sent, model: sent.model.slice(prefix.length + 1) };
  assert.deepEqual(body, expected);

  const credential = prefix === 'an' ? headers['x-api-key'] : headers.authorization;
  assert.equal(credential, prefix === 'an' ? UPSTREAM_KEYS.an : `Bearer ${UPSTREAM_KEYS[prefix]}`);
  assert.equal(JSON.stringify([headers, body]).includes(stage.key), false, "the client's key reached the upstream");
}

/** Collects an async iterable. */
export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

const CITY = { type: 'object', properties: { city: { type: 'string' }, unit: { type: 'string' } }, required: ['city'] };

/** The same tool in each dialect. */
export const WEATHER = {
  chat: { type: 'function', function: { name: 'get_weather', description: 'The weather in a city.', parameters: CITY } },
  responses: { type: 'function', name: 'get_weather', description: 'The weather in a city.', parameters: CITY, strict: false },
  anthropic: { name: 'get_weather', description: 'The weather in a city.', input_schema: CITY },
};
