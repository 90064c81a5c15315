// The Anthropic SDK's messages through the router to an Anthropic upstream.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setStage } from '../support/stage.mjs';
import { anthropic, assertForwarded, collect, WEATHER } from './support.mjs';

let stage;
before(async () => { stage = await setStage(); });
after(() => stage?.close());

const PATH = '/v1/messages';
const hello = [{ role: 'user', content: 'Hello there' }];

test('an answer arrives whole, with its usage', async () => {
  const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }];
  const sent = { model: 'an/echo', max_tokens: 100, messages: hello, system, metadata: { user_id: 'u' } };
  const message = await anthropic(stage).messages.create(sent);
  assert.deepEqual(message.content, [{ type: 'text', text: 'echo: Hello there' }]);
  assert.equal(message.stop_reason, 'end_turn');
  const { input, cacheRead, output } = stage.upstream.reported.at(-1);
  assert.equal(message.usage.input_tokens, input);
  assert.equal(message.usage.cache_read_input_tokens, cacheRead);
  assert.equal(message.usage.output_tokens, output);
  assertForwarded(stage, { prefix: 'an', sent, path: PATH });
});

test('a stream keeps the ladder of events', async () => {
  const sent = { model: 'an/echo', max_tokens: 100, messages: hello, stream: true };
  const events = await collect(await anthropic(stage).messages.create(sent));
  const ladder = events.map((event) => event.type).filter((type, index, types) => type !== types[index - 1]);
  assert.deepEqual(ladder, [
    'message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop',
  ]);
  assertForwarded(stage, { prefix: 'an', sent, path: PATH });
});

test('thinking arrives with its signature, whole and streamed', async () => {
  const thinking = { type: 'enabled', budget_tokens: 1024 };
  const sent = { model: 'an/think', max_tokens: 4000, thinking, messages: hello };
  const content = [
    { type: 'thinking', thinking: 'First I think about it.', signature: 'c2lnbmF0dXJl' },
    { type: 'text', text: 'echo: Hello there' },
  ];
  const whole = await anthropic(stage).messages.create(sent);
  assert.deepEqual(whole.content, content);
  assertForwarded(stage, { prefix: 'an', sent, path: PATH });

  const streamed = await anthropic(stage).messages.stream(sent).finalMessage();
  assert.deepEqual(streamed.content, content);
  assert.equal(streamed.usage.output_tokens, stage.upstream.reported.at(-1).output);
  assertForwarded(stage, { prefix: 'an', sent: { ...sent, stream: true }, path: PATH });
});

test('tools are used in one turn and answered in the next', async () => {
  const question = { role: 'user', content: 'What is the weather?' };
  const first = { model: 'an/tools', max_tokens: 100, messages: [question], tools: [WEATHER.anthropic] };
  const message = await anthropic(stage).messages.stream(first).finalMessage();
  assert.equal(message.stop_reason, 'tool_use');
  const uses = message.content.filter((block) => block.type === 'tool_use');
  assert.deepEqual(uses.map((use) => use.input), [{ city: 'Paris', unit: 'celsius' }, { city: 'Oslo', unit: 'celsius' }]);
  assertForwarded(stage, { prefix: 'an', sent: { ...first, stream: true }, path: PATH });

  const results = uses.map((use) => ({ type: 'tool_result', tool_use_id: use.id, content: 'mild' }));
  const said = { role: 'assistant', content: message.content };
  const second = { ...first, messages: [question, said, { role: 'user', content: results }] };
  const answer = await anthropic(stage).messages.create(second);
  assert.equal(answer.content[0].text, 'the tools said: mild and mild');
  assertForwarded(stage, { prefix: 'an', sent: second, path: PATH });
});

test('a bearer token is as good a key as x-api-key', async () => {
  const client = anthropic(stage, { apiKey: null, authToken: stage.key });
  const sent = { model: 'an/echo', max_tokens: 100, messages: hello };
  assert.equal((await client.messages.create(sent)).content[0].text, 'echo: Hello there');
  assertForwarded(stage, { prefix: 'an', sent, path: PATH });
});

test('the version and the betas a client asks for reach the upstream', async () => {
  const sent = { model: 'an/echo', max_tokens: 100, messages: hello };
  const asked = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'interleaved-thinking-2025-05-14' };
  await anthropic(stage).messages.create(sent, { headers: asked });
  const { headers } = stage.upstream.last();
  assert.equal(headers['anthropic-version'], asked['anthropic-version']);
  assert.equal(headers['anthropic-beta'].split(/, ?/u).includes(asked['anthropic-beta']), true, headers['anthropic-beta']);
});
