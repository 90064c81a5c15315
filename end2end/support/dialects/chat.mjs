// OpenAI Chat Completions, as the vendor sends it.
import { fragments, interleave, textOf, Transcript } from './transcript.mjs';

export const ROUTE = /^\/v1\/chat\/completions$/u;

const CREATED = 1_700_000_000;

export function asks({ body }) {
  return { model: body.model, stream: body.stream === true };
}

/** What a request says, in no vendor's format. */
export function read(body) {
  const transcript = new Transcript();
  const system = [];
  for (const message of body.messages) {
    const text = textOf(message.content);
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(text);
        break;
      case 'user':
        transcript.user(text);
        break;
      case 'assistant':
        transcript.assistant({ text, calls: (message.tool_calls ?? []).map(call) });
        break;
      case 'tool':
        transcript.result({ id: message.tool_call_id, text });
        break;
      default:
        throw new Error(`unknown role ${message.role}`);
    }
  }
  return {
    system: system.join('\n'),
    turns: transcript.end(),
    tools: (body.tools ?? []).map(({ function: { name, parameters } }) => ({ name, parameters })),
    schema: body.response_format?.json_schema?.schema,
    showsThinking: body.reasoning_effort !== 'none',
  };
}

/** Of a usage, what this format can say: all of it. */
export function told(usage) {
  return usage;
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

  if (turn.end === 'refuse') return yield data(error(turn.failure));
  yield delta({ role: 'assistant', content: '' });
  for (const piece of turn.reasoning) yield delta({ reasoning_content: piece });
  for (const piece of turn.pieces) {
    yield delta({ content: piece });
    yield 'pause';
  }
  yield 'interrupt';
  if (turn.end === 'fail') return yield data(error(turn.failure));
  const deltas = interleave(turn.calls.map(callDeltas));
  for (const tool_call of deltas) {
    if (tool_call === deltas.at(-1)) yield 'tear';
    yield delta({ tool_calls: [tool_call] });
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

/** A call as it is streamed: its head, then its arguments in fragments. */
function callDeltas(call, index) {
  const { id, type, function: { name } } = toolCall(call);
  const heads = [{ index, id, type, function: { name, arguments: '' } }];
  return [...heads, ...fragments(call.arguments).map((json) => ({ index, function: { arguments: json } }))];
}

/** A call of the history. */
function call({ id, function: { name, arguments: json } }) {
  return { id, name, arguments: JSON.parse(json) };
}

function toolCall({ id, name, arguments: json }) {
  return { id, type: 'function', function: { name, arguments: json } };
}

function finish(turn) {
  return { done: 'stop', tools: 'tool_calls', limit: 'length' }[turn.stop];
}

function data(value) {
  return `data: ${JSON.stringify(value)}\n\n`;
}
