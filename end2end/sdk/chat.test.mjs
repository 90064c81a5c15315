// The OpenAI SDK's chat completions through the router to a chat upstream.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setStage } from '../support/stage.mjs';
import { assertForwarded, collect, openai, WEATHER } from './support.mjs';

let stage;
before(async () => { stage = await setStage(); });
after(() => stage?.close());

const PATH = '/v1/chat/completions';
const hello = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Grüße, 世界 🙂' }] },
];

test('an answer arrives whole, with its usage', async () => {
  const sent = { model: 'oc/echo-large', messages: hello, temperature: 0.3, metadata: { a: 'b' }, seed: 7 };
  const completion = await openai(stage).chat.completions.create(sent);
  assert.equal(completion.choices[0].message.content, 'echo: Grüße, 世界 🙂');
  assert.equal(completion.choices[0].finish_reason, 'stop');
  const { input, cacheRead, output } = stage.upstream.reported.at(-1);
  assert.equal(completion.usage.prompt_tokens, input + cacheRead);
  assert.equal(completion.usage.prompt_tokens_details.cached_tokens, cacheRead);
  assert.equal(completion.usage.completion_tokens, output);
  assertForwarded(stage, { prefix: 'oc', sent, path: PATH });
});

test('a stream arrives in pieces, and usage only for those who asked', async () => {
  const sent = { model: 'oc/echo', messages: hello, stream: true };
  const chunks = await collect(await openai(stage).chat.completions.create(sent));
  assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join(''), 'echo: Grüße, 世界 🙂');
  assert.equal(chunks.length > 4, true);
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
  assert.deepEqual(chunks.filter((chunk) => chunk.usage), []);
  assertForwarded(stage, { prefix: 'oc', sent, path: PATH });
});

test('the usage of a stream comes last when asked for', async () => {
  const sent = { model: 'oc/think', messages: hello, stream: true, stream_options: { include_usage: true } };
  const chunks = await collect(await openai(stage).chat.completions.create(sent));
  const { input, cacheRead, cacheWrite, output, reasoning } = stage.upstream.reported.at(-1);
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.total_tokens, input + cacheRead + cacheWrite + output);
  assert.equal(chunks.at(-1).usage.completion_tokens_details.reasoning_tokens, reasoning);
  assertForwarded(stage, { prefix: 'oc', sent, path: PATH });
});

test('tools are called in one turn and answered in the next', async () => {
  const messages = [{ role: 'user', content: 'What is the weather in Paris and Oslo?' }];
  const first = { model: 'oc/tools', messages, tools: [WEATHER.chat], tool_choice: 'auto', parallel_tool_calls: true };
  const { message, finish_reason } = (await openai(stage).chat.completions.create(first)).choices[0];
  assert.equal(finish_reason, 'tool_calls');
  assert.deepEqual(message.tool_calls.map((call) => JSON.parse(call.function.arguments).city), ['Paris', 'Oslo']);
  assertForwarded(stage, { prefix: 'oc', sent: first, path: PATH });

  const results = message.tool_calls.map((call, index) => ({ role: 'tool', tool_call_id: call.id, content: `${index} degrees` }));
  const second = { ...first, messages: [...messages, message, ...results] };
  const answer = await openai(stage).chat.completions.create(second);
  assert.equal(answer.choices[0].message.content, 'the tools said: 0 degrees and 1 degrees');
  assertForwarded(stage, { prefix: 'oc', sent: second, path: PATH });
});

test("the SDK's own accumulator puts streamed tool calls together", async () => {
  const sent = { model: 'oc/tools', messages: [{ role: 'user', content: 'Weather?' }], tools: [WEATHER.chat] };
  const completion = await openai(stage).chat.completions.stream(sent).finalChatCompletion();
  const { message } = completion.choices[0];
  assert.equal(message.content, 'Let me look.');
  assert.deepEqual(
    message.tool_calls.map((call) => [call.type, call.function.name, JSON.parse(call.function.arguments)]),
    [
      ['function', 'get_weather', { city: 'Paris', unit: 'celsius' }],
      ['function', 'get_weather', { city: 'Oslo', unit: 'celsius' }],
    ],
  );
  assertForwarded(stage, { prefix: 'oc', sent: { ...sent, stream: true }, path: PATH });
});

test('the models of every connected provider are listed', async () => {
  const models = await collect(await openai(stage).models.list());
  for (const model of models) assert.equal(typeof model.id, 'string');
});
