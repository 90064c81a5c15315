// The OpenAI SDK's Responses through the router to a Responses upstream.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setStage } from '../support/stage.mjs';
import { assertForwarded, collect, openai, WEATHER } from './support.mjs';

let stage;
before(async () => { stage = await setStage(); });
after(() => stage?.close());

const PATH = '/v1/responses';

test('an answer arrives whole, with its usage', async () => {
  const sent = { model: 'or/think', input: 'Hello there', instructions: 'Be brief.', store: false, reasoning: { effort: 'low' } };
  const response = await openai(stage).responses.create(sent);
  assert.equal(response.output_text, 'echo: Hello there');
  assert.deepEqual(response.output.map((item) => item.type), ['reasoning', 'message']);
  const { input, cacheRead, cacheWrite, output, reasoning } = stage.upstream.reported.at(-1);
  assert.equal(response.usage.input_tokens, input + cacheRead + cacheWrite);
  assert.equal(response.usage.input_tokens_details.cached_tokens, cacheRead);
  assert.equal(response.usage.output_tokens, output);
  assert.equal(response.usage.output_tokens_details.reasoning_tokens, reasoning);
  assertForwarded(stage, { prefix: 'or', sent, path: PATH });
});

test('a stream keeps every event and its number', async () => {
  const sent = { model: 'or/think', input: [{ role: 'user', content: 'Hello' }], store: false, stream: true };
  const events = await collect(await openai(stage).responses.create(sent));
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
  assert.equal(events[0].type, 'response.created');
  assert.equal(events.at(-1).type, 'response.completed');
  const text = events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta);
  assert.equal(text.join(''), 'echo: Hello');
  const thoughts = events.filter((event) => event.type === 'response.reasoning_summary_text.delta').map((event) => event.delta);
  assert.equal(thoughts.join(''), 'First I think about it.');
  assertForwarded(stage, { prefix: 'or', sent, path: PATH });
});

test('tools are called in one turn and answered in the next', async () => {
  const question = { role: 'user', content: 'What is the weather?' };
  const first = { model: 'or/tools', input: [question], tools: [WEATHER.responses], store: false };
  const response = await openai(stage).responses.create(first);
  const calls = response.output.filter((item) => item.type === 'function_call');
  assert.deepEqual(calls.map((call) => JSON.parse(call.arguments).city), ['Paris', 'Oslo']);
  assertForwarded(stage, { prefix: 'or', sent: first, path: PATH });

  const results = calls.map((call) => ({ type: 'function_call_output', call_id: call.call_id, output: 'mild' }));
  const second = { ...first, input: [question, ...calls.map(asInput), ...results] };
  const answer = await openai(stage).responses.create(second);
  assert.equal(answer.output_text, 'the tools said: mild and mild');
  assertForwarded(stage, { prefix: 'or', sent: second, path: PATH });
});

test("the SDK's own accumulator puts streamed tool calls together", async () => {
  const sent = { model: 'or/tools', input: 'Weather?', tools: [WEATHER.responses], store: false };
  const response = await openai(stage).responses.stream(sent).finalResponse();
  assert.deepEqual(response.output.map((item) => item.type), ['message', 'function_call', 'function_call']);
  assert.deepEqual(JSON.parse(response.output[2].arguments), { city: 'Oslo', unit: 'celsius' });
});

/** A call as a client hands it back: the SDK adds a parsed copy of the arguments, which is its own. */
function asInput({ type, id, call_id, name, arguments: json, status }) {
  return { type, id, call_id, name, arguments: json, status };
}
