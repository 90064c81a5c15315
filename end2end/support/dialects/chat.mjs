// OpenAI Chat Completions, as the vendor sends it.
import { pieces } from '../scenarios.mjs';

const CREATED = 1_700_000_000;

/** What the scenarios want to know of a request. */
export function input(body) {
  const users = body.messages.filter((message) => message.role === 'user');
  const results = body.messages.filter((message) => message.role === 'tool');
  return { text: textOf(users.at(-1)?.content), toolResults: results.map((message) => textOf(message.content)) };
}

export function answer(turn) {
  const message = {
    role: 'assistant',
    content: turn.pieces.join(''),
    refusal: null,
    annotations: [],
    ...(turn.reasoning.length > 0 && { reasoning_content: turn.reasoning.join('') }),
    ...(turn.calls.length > 0 && { tool_calls: turn.calls.map(toolCall) }),
  };
  return {
    id: `chatcmpl-${turn.id}`,
    object: 'chat.completion',
    created: CREATED,
    model: turn.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish(turn) }],
    usage: usage(turn.usage),
    system_fingerprint: 'fp_test',
  };
}

export function* stream(turn, body) {
  const chunk = (fields) =>
    data({ id: `chatcmpl-${turn.id}`, object: 'chat.completion.chunk', created: CREATED, model: turn.model, ...fields });
  const delta = (delta, finish_reason = null) => chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] });

  yield delta({ role: 'assistant', content: '' });
  for (const piece of turn.reasoning) yield delta({ reasoning_content: piece });
  for (const piece of turn.pieces) {
    yield delta({ content: piece });
    yield 'pause';
  }
  yield 'interrupt';
  for (const [index, call] of turn.calls.entries()) {
    const { id, type, function: { name } } = toolCall(call);
    yield delta({ tool_calls: [{ index, id, type, function: { name, arguments: '' } }] });
    for (const piece of pieces(call.arguments.replaceAll(',', ', '))) {
      yield delta({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield delta({}, finish(turn));
  if (body.stream_options?.include_usage) yield chunk({ choices: [], usage: usage(turn.usage) });
  yield 'data: [DONE]\n\n';
}

export function error({ status, message }) {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param: null, code: status === 429 ? 'rate_limit_exceeded' : null } };
}

function usage({ input, cacheRead, cacheWrite, output, reasoning }) {
  const prompt = input + cacheRead + cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function toolCall({ id, name, arguments: json }) {
  return { id, type: 'function', function: { name, arguments: json } };
}

function finish(turn) {
  return turn.calls.length > 0 ? 'tool_calls' : 'stop';
}

function textOf(content) {
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : (content ?? '');
}

function data(value) {
  return `data: ${JSON.stringify(value)}\n\n`;
}
